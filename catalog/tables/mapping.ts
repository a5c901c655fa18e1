/** Any other table, read by a mapping of its columns that a person has given (or agreed to). */
import { SourceError } from '../errors.ts';
import { findOptionAttribute } from '../words.ts';
import { fieldNames, openFields, type Target } from './fields.ts';
import type { Format } from './format.ts';

/** Column name → field, see `fieldNames`; or `option:NAME`. */
export type Mapping = Record<string, string>;

/** Throws `SourceError` when the mapping does not fit the header. */
export function toMappedFormat(mapping: Mapping): Format {
  return {
    id: 'mapped',
    title: 'CSV read by your mapping',
    expects: 'the columns of your mapping',
    recognise: (header) => Object.keys(mapping).every((column) => header.find(column) >= 0),
    open(header) {
      const missing = Object.keys(mapping).filter((column) => header.find(column) < 0);
      if (missing.length > 0) {
        throw new SourceError(
          'csv_mapping_columns',
          `The mapping names columns that the file does not have: ${missing.join(', ')}.`,
          { hint: `The file has: ${header.names.join(', ')}.` },
        );
      }
      const targets: (Target | undefined)[] = header.names.map(() => undefined);
      for (const [column, field] of Object.entries(mapping)) {
        if (field !== '') targets[header.find(column)] = toTarget(column, field);
      }
      if (!targets.includes('title') || !(targets.includes('id') || targets.includes('sku'))) {
        throw new SourceError(
          'csv_mapping_incomplete',
          'The mapping must name a column for title, and one for id or sku.',
          {
            hint: `The file has: ${header.names.join(', ')}.`,
          },
        );
      }
      return openFields(targets, header.names);
    },
  };
}

function toTarget(column: string, field: string): Target {
  const known = fieldNames.find((name) => name === field);
  if (known !== undefined) return known;
  if (field.startsWith('option:') && field.length > 'option:'.length)
    return `option:${field.slice('option:'.length)}`;
  throw new SourceError(
    'csv_mapping_field',
    `The mapping gives the column "${column}" an unknown field "${field}".`,
    {
      hint: `Known fields: ${fieldNames.join(', ')}, option:NAME.`,
    },
  );
}

/** Words for fields as people name their columns; the first column that fits takes the field. */
const words: [Target, string][] = [
  ['id', 'id|item id|product id|article|article number|artikelnummer|artikelnr|art nr|artnr|item number|item no|référence|reference|referencia|codice|nummer|código|handle|slug'],
  ['sku', 'sku|variant sku|stock keeping unit'],
  ['group_id', 'item group id|group id|group|parent|parent id|parent sku|gruppe|model|modell|style'],
  ['title', 'title|name|product name|product|item name|titel|bezeichnung|produktname|artikelname|artikelbezeichnung|nom|titre|nom du produit|nombre|título|titulo|nome|titolo|naam|namn|navn|nazwa|název|название|наименование|商品名|名称|标题|상품명|اسم المنتج'],
  ['description', 'description|body|body html|details|text|beschreibung|artikelbeschreibung|langtext|descripción|descripcion|descrizione|descrição|omschrijving|beskrivning|beskrivelse|opis|popis|описание|商品説明|描述|설명|الوصف'],
  ['regular_price', 'regular price|list price|rrp|msrp|compare at price|uvp|old price|streichpreis|prix barré'],
  ['sale_price', 'sale price|special price|offer price|angebotspreis|aktionspreis|prix promo|prix soldé|precio oferta|precio rebajado|prezzo scontato|sonderpreis'],
  ['price', 'price|unit price|gross price|preis|verkaufspreis|vk|bruttopreis|prix|prix ttc|precio|prezzo|preço|prijs|pris|cena|цена|価格|价格|가격|السعر'],
  ['image_link', 'image|image url|image link|picture|photo|img|bild|bild url|bildlink|foto|image principale|imagen|immagine|imagem|afbeelding|zdjęcie|изображение|画像|图片|이미지|الصورة'],
  ['additional_image_link', 'images|more images|additional images|additional image link|gallery|weitere bilder|bilder'],
  ['link', 'link|url|product url|product link|page|webseite|produktlink|lien|enlace|collegamento'],
  ['availability', 'availability|available|in stock|verfügbarkeit|verfügbar|disponibilité|disponibilidad|disponibilità'],
  ['quantity', 'quantity|qty|stock|inventory|bestand|menge|lagerbestand|anzahl|quantité|stock quantity|cantidad|existencias|quantità|voorraad|lager|количество|在庫|库存|재고'],
  ['gtin', 'gtin|ean|upc|isbn|barcode|ean13|ean code|gtin ean|strichcode|code barre|código de barras|jan'],
  ['mpn', 'mpn|manufacturer part number|part number|herstellernummer'],
  ['brand', 'brand|vendor|manufacturer|maker|marke|hersteller|marque|marca|fabricant|merk|märke|бренд|ブランド|品牌|브랜드|العلامة التجارية'],
  ['product_type', 'category|categories|product type|type|kategorie|warengruppe|catégorie|categoría|categoria|categorie'],
  ['google_product_category', 'google product category|google category'],
  ['tags', 'tags|keywords|schlagworte|mots clés|etiquetas'],
  ['status', 'status|published|active|aktiv|state'],
  ['condition', 'condition|zustand|état|estado|condizione'],
  ['gender', 'gender|geschlecht|genre|sexe|género|genere'],
  ['age_group', 'age group|altersgruppe'],
  ['shipping_weight', 'weight|gewicht|poids|peso'],
]; // prettier-ignore

/** A first proposal for a header that is not known: column → field, only for columns whose name says what they hold. */
export function guessMapping(header: readonly string[]): Mapping {
  const mapping: Mapping = {};
  const taken = new Set<Target>();
  const plain = header.map((name) => toPlain(name));
  const take = (column: string | undefined, field: Target): void => {
    if (column === undefined || column === '' || mapping[column] !== undefined || taken.has(field)) return;
    mapping[column] = field;
    taken.add(field);
  };
  for (const [field, list] of words) {
    for (const word of list.split('|')) take(header[plain.indexOf(word)], field);
  }
  for (const name of header) {
    const attribute = findOptionAttribute(name);
    if (attribute !== undefined) take(name, attribute);
  }
  return mapping;
}

/** `Bild-URL (1)` → `bild url`; currencies and units in brackets say nothing about the field. */
const toPlain = (name: string): string =>
  name
    .normalize('NFC')
    .toLowerCase()
    .replace(/\(.*?\)|\[.*?\]/g, ' ')
    .replace(/[_\-./:#*]+/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
