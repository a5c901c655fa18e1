/** Rules about price and sale. */
import type { Rule } from '../channel.ts';
import { toIssue, type About } from '../spec.ts';

/** There is a price, greater than 0. */
export function positivePrice(about: About): Rule {
  return (item) => {
    if (item.price === undefined)
      return toIssue('price', 'missing', 'The price is missing.', about, {
        hint: 'Give the item a price in the shop.',
      });
    if (item.price.minor > 0) return undefined;
    return toIssue('price', 'not_positive', 'The price must be greater than 0.', about, {
      hint: 'Give the item a price greater than 0, or take it out of the shop.',
      value: String(item.price.minor),
    });
  };
}

/** The sale price has the price's currency and is lower, and greater than 0. */
export function salePriceLower(about: About): Rule {
  return ({ price, salePrice }) => {
    if (price === undefined || salePrice === undefined) return undefined;
    if (salePrice.currency !== price.currency)
      return toIssue('salePrice', 'other_currency', 'The sale price has another currency than the price.', about, {
        hint: `Give the sale price in ${price.currency}.`,
        value: salePrice.currency,
      }); // prettier-ignore
    if (salePrice.minor > 0 && salePrice.minor < price.minor) return undefined;
    return toIssue('salePrice', 'not_lower', 'The sale price must be lower than the price and above 0.', about, {
      hint: 'Lower the sale price, or remove it.',
      value: String(salePrice.minor),
    }); // prettier-ignore
  };
}

/** A sale that has both dates begins before it ends. */
export function saleDatesInOrder(about: About): Rule {
  return ({ salePrice, saleStarts, saleEnds }) => {
    if (salePrice === undefined || saleStarts === undefined || saleEnds === undefined) return undefined;
    if (saleStarts.getTime() < saleEnds.getTime()) return undefined;
    return toIssue('saleEnds', 'before_start', 'The sale ends before it begins.', about, {
      hint: "Correct the sale's first or last day.",
      value: saleEnds.toISOString(),
    });
  };
}
