/** The words that sources use for what we call by one name. */
import type { AttributeName, Variant } from './product.ts';

/** Option names in the languages shops write them in; compared in lower case without the WooCommerce prefix `pa_`. */
const optionWords: Partial<Record<AttributeName, string>> = {
  color:
    'color colour colors colours farbe farben couleur coloris colore cor cores kleur färg farve farge väri kolor ' +
    'barva farba szín culoare renk цвет колір боја χρώμα 颜色 顏色 色 カラー 色彩 색상 컬러 اللون لون צבע रंग สี warna màu',
  size:
    'size sizes größe grösse groesse taille taglia talla tamaño tamanho tamano maat storlek størrelse koko rozmiar ' +
    'velikost veľkosť méret mărime marime beden размер розмір μέγεθος 尺码 尺寸 尺碼 サイズ 사이즈 المقاس مقاس الحجم ' +
    'מידה आकार ขนาด ukuran shoe_size ring_size schuhgröße ringgröße pointure kích_thước',
  material:
    'material materials fabric stoff gewebe matière matériau matiere materiale materiaal tejido tecido tessuto ' +
    'materiał materiál anyag malzeme материал матеріал υλικό 材质 材質 材料 素材 소재 재질 المادة חומר सामग्री วัสดุ bahan',
  pattern:
    'pattern print muster motiv motif fantasia patrón estampado padrão estampa patroon mönster mønster wzór vzor ' +
    'minta desen узор візерунок μοτίβο 图案 圖案 柄 パターン 패턴 نمط דוגמה',
};

const attributeByWord = new Map<string, AttributeName>();
for (const name of ['color', 'size', 'material', 'pattern'] as const) {
  for (const word of optionWords[name]?.split(' ') ?? []) attributeByWord.set(word, name);
}

/** `Farbe` → `color`; undefined for an option that no channel knows. */
export function findOptionAttribute(optionName: string): AttributeName | undefined {
  return (
    attributeByWord.get(optionName) ??
    attributeByWord.get(
      optionName
        .normalize('NFC')
        .trim()
        .toLowerCase()
        .replace(/^pa_|:$/g, '')
        .replace(/[\s-]+/g, '_'),
    )
  );
}

const availabilityWords = new Map<string, Variant['availability']>(
  Object.entries({
    instock: 'in_stock', available: 'in_stock', yes: 'in_stock', true: 'in_stock', '1': 'in_stock',
    availablefororder: 'in_stock', limitedavailability: 'in_stock', auflager: 'in_stock', lieferbar: 'in_stock',
    enstock: 'in_stock', disponible: 'in_stock', disponibile: 'in_stock',
    outofstock: 'out_of_stock', soldout: 'out_of_stock', unavailable: 'out_of_stock', no: 'out_of_stock',
    false: 'out_of_stock', '0': 'out_of_stock', notinstock: 'out_of_stock', ausverkauft: 'out_of_stock',
    nichtauflager: 'out_of_stock', épuisé: 'out_of_stock', agotado: 'out_of_stock', esaurito: 'out_of_stock',
    preorder: 'preorder', vorbestellung: 'preorder',
    backorder: 'backorder', onbackorder: 'backorder', backordered: 'backorder',
    discontinued: 'discontinued',
  } as const),
); // prettier-ignore

/** `In Stock`, `https://schema.org/OutOfStock`, `onbackorder`, `1` … */
export const findAvailability = (text: string): Variant['availability'] | undefined =>
  availabilityWords.get(
    text
      .toLowerCase()
      .replace(/^https?:\/\/schema\.org\//, '')
      .replace(/[\s_-]+/g, ''),
  );

/** Values of attributes that have a closed list at every channel; a word not listed is kept as it is. */
export const attributeWords: Partial<Record<AttributeName, ReadonlyMap<string, string>>> = {
  condition: new Map([
    ['new', 'new'], ['brand new', 'new'], ['neu', 'new'], ['neuf', 'new'], ['nuevo', 'new'], ['nuovo', 'new'],
    ['refurbished', 'refurbished'], ['renewed', 'refurbished'], ['generalüberholt', 'refurbished'],
    ['used', 'used'], ['second hand', 'used'], ['pre-owned', 'used'], ['gebraucht', 'used'],
  ]),
  gender: new Map([
    ['male', 'male'], ['men', 'male'], ['man', 'male'], ['mens', 'male'], ['herren', 'male'],
    ['female', 'female'], ['women', 'female'], ['woman', 'female'], ['womens', 'female'], ['damen', 'female'],
    ['unisex', 'unisex'],
  ]),
  age_group: new Map([
    ['adult', 'adult'], ['adults', 'adult'], ['kids', 'kids'], ['children', 'kids'], ['toddler', 'toddler'],
    ['infant', 'infant'], ['newborn', 'newborn'],
  ]),
}; // prettier-ignore
