/** Rules about what identifies a product everywhere: its GTIN, or its maker's part number with the brand. */
import type { Item } from '../../catalog/item.ts';
import type { Rule } from '../channel.ts';
import { toIssue, type About } from '../spec.ts';

const hasGtin = ({ gtin }: Item): boolean => gtin !== undefined && gtin !== '';
const hasPart = ({ attributes, brand }: Item): boolean => !!attributes.mpn?.trim() && !!brand?.trim();
/** The shop says that the maker gave the product no number: a shop's own work, a print on demand, something old. */
export const saysNone = ({ attributes }: Item): boolean =>
  /^(?:no|false|0)$/i.test(attributes.identifier_exists?.trim() ?? '');

/** There is a GTIN, or an MPN with a brand, or the shop says that neither exists. Default severity: warning. */
export function identified(about: About): Rule {
  return (item) => {
    if (hasGtin(item) || hasPart(item) || saysNone(item)) return undefined;
    const message = 'There is neither a GTIN nor an MPN with a brand.';
    return toIssue('gtin', 'identifier_missing', message, { code: 'product_identifier_missing', ...about }, {
      hint: 'Fill the GTIN (the number under the bar code), or the maker’s part number and the brand; only where the maker gave none, set identifier_exists to "no".',
      severity: 'warning',
    }); // prettier-ignore
  };
}

/** "There is no identifier" is said only where there is none: a wrong "no" costs the listing. */
export function honestNoIdentifier(about: About): Rule {
  return (item) => {
    if (!saysNone(item) || !(hasGtin(item) || hasPart(item))) return undefined;
    const found = hasGtin(item) ? 'a GTIN' : 'an MPN with a brand';
    const message = `The item says that it has no product identifier, but it has ${found}.`;
    return toIssue('identifier_exists', 'contradicted', message, about, {
      hint: 'Take identifier_exists away, or the number if it is not the maker’s.',
      value: item.gtin ?? item.attributes.mpn ?? '',
    });
  };
}

/**
 * The GTIN is one that makers give: not from a range for use inside a shop, nor a coupon's.
 * https://www.gs1.org/standards/id-keys/company-prefix https://support.google.com/merchants/answer/6286298
 */
export function makersGtin(about: About): Rule {
  return ({ gtin = '' }) => {
    const range = findRange(gtin);
    if (range === undefined) return undefined;
    return toIssue('gtin', 'restricted', `The GTIN is from a range ${range}.`, about, {
      hint: 'Use the number that the maker printed under the bar code; leave it empty if there is none.',
      value: gtin,
    });
  };
}

/** Whether the number is one that makers give. */
export const isMakersGtin = (gtin: string): boolean => findRange(gtin) === undefined;

function findRange(gtin: string): string | undefined {
  if (!/^\d{12,14}$/.test(gtin)) return undefined;
  const number = gtin.padStart(14, '0').slice(1);
  return ranges.find(([pattern]) => pattern.test(number))?.[1];
}

/** Of the GTIN-13; a UPC stands in it with a zero before it. */
const ranges: readonly (readonly [RegExp, string])[] = [
  [/^(?:02|04|2)/, 'for use inside a shop'],
  [/^(?:05|98[1-4]|99)/, 'of coupons'],
];

/** The brand, where filled, is a name and not a word for "none". */
export function realBrand(about: About): Rule {
  return ({ brand }) => {
    if (brand === undefined || isBrandName(brand)) return undefined;
    return toIssue('brand', 'not_a_name', 'The brand is a word for "no brand".', about, {
      hint: 'Give the maker’s name or your shop’s; leave it empty if there is none.',
      value: brand,
    });
  };
}

export const isBrandName = (brand: string): boolean => !noBrand.test(brand.trim());

const noBrand =
  /^(?:n\/?a|none|no brand|unbranded|generic|unknown|does not exist|null|-+|ohne marke|keine|sans marque|sin marca)$/i;
