/**
 * What TikTok's documentation asks of a product, written from it and not from our own checks:
 * https://business-api.tiktok.com/portal/docs?id=1740497429681153 (JSON upload, v1.3)
 * https://ads.tiktok.com/help/article/catalog-product-parameters (columns of a feed)
 */
export interface Fault {
  field: string;
  issue: string;
  suggestion: string;
  value: string;
}
export interface Verdict {
  errors: Fault[];
  warnings: Fault[];
}
export type Product = Record<string, unknown>;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
export const at = (product: Product, ...path: string[]): unknown =>
  path.reduce<unknown>((value, name) => (isObject(value) ? value[name] : undefined), product);
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** The first thing that breaks the shape: such a call is refused whole. */
export function findShapeFault(product: unknown): string | undefined {
  if (!isObject(product)) return 'products: each must be an object';
  const texts = ['sku_id', 'title', 'description', 'availability', 'brand', 'image_url', 'video_url', 'item_group_id'];
  for (const name of texts)
    if (product[name] !== undefined && typeof product[name] !== 'string') return `products.${name}: must be a string`;
  for (const name of ['price_info', 'product_detail', 'landing_page', 'extra_info'])
    if (product[name] !== undefined && !isObject(product[name])) return `products.${name}: must be an object`;
  for (const name of ['price', 'sale_price'])
    if (at(product, 'price_info', name) !== undefined && typeof at(product, 'price_info', name) !== 'number')
      return `products.price_info.${name}: must be a number`;
  const further = product['additional_image_urls'];
  if (further !== undefined && !Array.isArray(further)) return 'products.additional_image_urls: must be an array';
  return undefined;
} // prettier-ignore

const required: readonly (readonly string[])[] = [
  ['title'], ['description'], ['availability'], ['brand'], ['image_url'], ['product_detail', 'condition'],
  ['landing_page', 'landing_page_url'], ['price_info', 'price'],
]; // prettier-ignore
const words: readonly {
  path: readonly string[];
  allowed: readonly string[];
  severity: keyof Verdict;
}[] = [
  { path: ['availability'], allowed: ['IN_STOCK', 'AVAILABLE_FOR_ORDER', 'PREORDER', 'OUT_OF_STOCK', 'DISCONTINUED'], severity: 'errors' },
  { path: ['product_detail', 'condition'], allowed: ['NEW', 'REFURBISHED', 'USED'], severity: 'errors' },
  { path: ['product_detail', 'age_group'], allowed: ['NEW_BORN', 'INFANT', 'TODDLER', 'KIDS', 'ADULT'], severity: 'warnings' },
  { path: ['product_detail', 'gender'], allowed: ['MALE', 'FEMALE', 'UNISEX'], severity: 'warnings' },
]; // prettier-ignore
const lengths: readonly (readonly [readonly string[], number])[] = [
  [['sku_id'], 100], [['title'], 500], [['description'], 10_000], [['brand'], 150], [['product_detail', 'color'], 100],
  [['product_detail', 'material'], 200], [['product_detail', 'pattern'], 100],
  ...[0, 1, 2, 3, 4].map((n) => [['extra_info', `custom_label_${n}`], 100] as const),
]; // prettier-ignore
/** Pictures by default, or made so by the mark behind them. */
const emoji = /\p{Emoji_Presentation}|\p{Extended_Pictographic}\u{fe0f}|\p{Regional_Indicator}/u;
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const controls = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/;
const address = /^[a-z][a-z0-9+.-]*:\/\/[^\s]+$/i;
const window =
  /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}[+-]\d{2}:?\d{2}\/\d{4}-\d{2}-\d{2}T\d{2}:\d{2}[+-]\d{2}:?\d{2}$/;

/** `currency`: the catalog's. */
export function judge(product: Product, currency: string): Verdict {
  const verdict: Verdict = { errors: [], warnings: [] };
  const say = (kind: keyof Verdict, field: string, issue: string, suggestion: string, value: unknown = ''): void => {
    verdict[kind].push({ field, issue, suggestion, value: typeof value === 'string' ? value : JSON.stringify(value) });
  };
  for (const path of required) {
    const value = at(product, ...path);
    if (value === undefined || value === '') say('errors', path.join('.'), `Missing required field: ${path.at(-1)}`, `Fill ${path.at(-1)}`);
  }
  for (const { path, allowed, severity } of words) {
    const value = at(product, ...path);
    if (value !== undefined && value !== '' && !allowed.includes(textOf(value)))
      say(severity, path.join('.'), `Invalid value: ${path.at(-1)}`, `Use one of: ${allowed.join(', ').toLowerCase()}`, value);
  }
  for (const [path, most] of lengths)
    if ([...textOf(at(product, ...path))].length > most)
      say('errors', path.join('.'), `${path.at(-1)} is longer than ${most} characters`, 'Shorten it');
  for (const field of ['sku_id', 'title', 'description'])
    if (emoji.test(textOf(product[field])) || controls.test(textOf(product[field])))
      say('errors', field, `${field} contains emoji or control characters`, 'Remove them', product[field]);
  for (const field of ['title', 'description'])
    if (/\p{Lu}{2}/u.test(textOf(product[field])) && !/\p{Ll}/u.test(textOf(product[field])))
      say('warnings', field, `${field} is all capitals`, 'Write it in sentence case', product[field]);
  judgePrice(product, currency, say);
  judgeLinks(product, say);
  return verdict;
} // prettier-ignore

type Say = (kind: keyof Verdict, field: string, issue: string, suggestion: string, value?: unknown) => void;

function judgePrice(product: Product, currency: string, say: Say): void {
  const [price, sale] = [at(product, 'price_info', 'price'), at(product, 'price_info', 'sale_price')];
  const given = at(product, 'price_info', 'currency');
  if (typeof price === 'number' && !(price > 0)) say('errors', 'price', 'Invalid value: price', 'Give a price above 0', price);
  if (typeof sale === 'number' && typeof price === 'number' && sale >= price)
    say('errors', 'sale_price', 'The sale price is not lower than the price', 'Lower it', sale);
  if (given !== undefined && given !== currency)
    say('errors', 'price', `The currency is not the catalog's (${currency})`, `Use ${currency}`, given);
  const dates = at(product, 'price_info', 'sale_price_effective_date');
  if (dates !== undefined && !window.test(textOf(dates)))
    say('warnings', 'sale_price_effective_date', 'Invalid value: sale_price_effective_date', 'Use start/end', dates);
} // prettier-ignore

function judgeLinks(product: Product, say: Say): void {
  const link = at(product, 'landing_page', 'landing_page_url');
  if (textOf(link) !== '' && !address.test(textOf(link))) say('errors', 'link', 'Invalid value: link', 'Write a whole URL', link);
  const image = textOf(product['image_url']);
  if (image !== '' && !/^https?:\/\//.test(image)) say('errors', 'image_link', 'Invalid value: image_link', 'Write a whole URL', image);
  const further = product['additional_image_urls'];
  if (Array.isArray(further) && further.length > 10)
    say('errors', 'additional_image_link', 'More than 10 additional images', 'Remove some');
} // prettier-ignore
