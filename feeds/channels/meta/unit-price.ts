/** The price per unit of measure, as Meta wants it: `{"value":"9.98","currency":"EUR","unit":"kg"}`. */
import type { Item } from '../../../catalog/item.ts';
import { formatAmount } from '../../../catalog/money.ts';

/** Made from the price and what one piece holds ("500 ml"); undefined where either is missing or not understood. */
export function toUnitPrice({
  price,
  attributes: { unit_pricing_measure: measure },
}: Item): string | undefined {
  if (price === undefined || measure === undefined) return undefined;
  const match = /^(\d+(?:[.,]\d+)?)\s*([a-z][a-z ]*)$/i.exec(measure.trim());
  const found = units[match?.[2]?.toLowerCase() ?? ''];
  const amount = Number(match?.[1]?.replace(',', '.'));
  if (found === undefined || !(amount > 0)) return undefined;
  const minor = Math.round(price.minor / (amount * found.of));
  if (minor <= 0) return undefined;
  const value = formatAmount({ minor, currency: price.currency });
  return JSON.stringify({ value, currency: price.currency, unit: found.unit });
}

/**
 * Meta's units, and how much each is of the one that shoppers compare by: a price per millilitre would round to nothing.
 * https://developers.facebook.com/docs/marketing-api/catalog/reference
 */
const units: Record<string, { unit: string; of: number }> = {
  mg: { unit: 'kg', of: 1e-6 }, g: { unit: 'kg', of: 1e-3 }, kg: { unit: 'kg', of: 1 },
  ml: { unit: 'l', of: 1e-3 }, cl: { unit: 'l', of: 1e-2 }, l: { unit: 'l', of: 1 },
  cm: { unit: 'm', of: 1e-2 }, m: { unit: 'm', of: 1 },
  ...Object.fromEntries(
    ['ct', 'cbm', 'ft', 'fl oz', 'gal', 'in', 'oz', 'lb', 'pt', 'qt', 'sqft', 'sqm', 'yd'].map((unit) => [
      unit, { unit, of: 1 },
    ]),
  ),
}; // prettier-ignore
