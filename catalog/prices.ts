/** Price, sale price and the window of the sale, out of a source's texts. */
import type { Catalog } from './catalog.ts';
import { SyncError } from './errors.ts';
import { compareMoney, type Money, parseMoney } from './money.ts';
import type { Variant, VariantInput } from './product.ts';
import { type Report, trimmed } from './reading.ts';
import { parseSaleDate } from './sale-dates.ts';

/** What cannot be read is reported and left out; a variant whose price is missing, unreadable or 0 gets none. */
export function setPrices(variant: Variant, input: VariantInput, catalog: Catalog, report: Report): void {
  const now = readMoney('price', input.price, catalog, report);
  const regular = readMoney('regularPrice', input.regularPrice, catalog, report);
  const explicit = readMoney('salePrice', input.salePrice, catalog, report);
  if (trimmed(input.price) === undefined && regular === undefined) {
    report({
      code: 'price_missing', severity: 'error', field: 'price', message: 'The price is missing.',
      hint: 'Give the variant a price at the source.',
    }); // prettier-ignore
  }
  if (now === undefined) {
    // A price that could not be read may be a sale price: the regular price alone would be a guess.
    if (regular === undefined || trimmed(input.price) !== undefined) return;
  } else if (now.minor <= 0) {
    report({
      code: 'price_not_positive', severity: 'error', field: 'price', value: input.price ?? '',
      message: 'The price is not greater than zero.', hint: 'Give the variant a price at the source.',
    }); // prettier-ignore
    return;
  }
  const struck = now !== undefined && regular !== undefined && isLower(now, regular);
  const price = struck ? regular : (now ?? regular);
  const sale = explicit ?? (struck ? now : undefined);
  if (price === undefined || price.minor <= 0) return;
  variant.price = price;
  if (sale !== undefined && isSale(sale, price, input, report))
    setSale(variant, sale, input, catalog, report);
}

const isLower = (a: Money, b: Money): boolean => a.currency === b.currency && compareMoney(a, b) < 0;

function isSale(sale: Money, price: Money, input: VariantInput, report: Report): boolean {
  if (sale.minor > 0 && isLower(sale, price)) return true;
  // WooCommerce and some feeds repeat the price, or write 0, where there is no sale.
  if (sale.minor === 0 || (sale.currency === price.currency && sale.minor === price.minor)) return false;
  report({
    code: 'sale_price_not_lower', severity: 'warning', field: 'salePrice',
    value: input.salePrice ?? input.price ?? '',
    message: `The sale price is not lower than the price (${input.price ?? input.regularPrice ?? ''}) and was left out.`,
    hint: 'A sale price must be greater than zero, lower than the price and in the same currency.',
  }); // prettier-ignore
  return false;
}

/** With a window that cannot be read the sale would run for ever, or today: better no sale, and a person looks. */
function setSale(variant: Variant, sale: Money, input: VariantInput, catalog: Catalog, report: Report): void {
  const startText = trimmed(input.saleStarts);
  const endText = trimmed(input.saleEnds);
  const starts = startText === undefined ? undefined : parseSaleDate(startText, catalog.timeZone, 'start');
  const ends = endText === undefined ? undefined : parseSaleDate(endText, catalog.timeZone, 'end');
  for (const [field, text, date] of [
    ['saleStarts', startText, starts],
    ['saleEnds', endText, ends],
  ] as const) {
    if (text === undefined || date !== undefined) continue;
    report({
      code: 'sale_date_unreadable', severity: 'warning', field, value: text,
      message: 'The date of the sale cannot be read, so the sale was left out.',
      hint: 'Write it like 2027-01-31 or 2027-01-31T10:00+01:00.',
    }); // prettier-ignore
    return;
  }
  if (starts !== undefined && ends !== undefined && ends <= starts) {
    report({
      code: 'sale_dates_reversed', severity: 'warning', field: 'saleEnds', value: endText ?? '',
      message: `The sale ends before it starts (${startText ?? ''}), so it was left out.`,
      hint: 'Check the two dates at the source.',
    }); // prettier-ignore
    return;
  }
  variant.salePrice = sale;
  if (starts !== undefined) variant.saleStarts = starts;
  if (ends !== undefined) variant.saleEnds = ends;
}

/** Only the price itself blocks an item; without a readable second price it is sold at the first. */
function readMoney(
  field: 'price' | 'regularPrice' | 'salePrice',
  input: string | undefined,
  catalog: Catalog,
  report: Report,
): Money | undefined {
  const text = trimmed(input);
  if (text === undefined) return undefined;
  try {
    return parseMoney(text, catalog.currency, catalog.language);
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    report({
      code: 'price_unreadable', severity: field === 'price' ? 'error' : 'warning', field, value: text,
      message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }),
    }); // prettier-ignore
    return undefined;
  }
}
