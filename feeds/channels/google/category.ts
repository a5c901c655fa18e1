/** The item's category in Google's taxonomy. */
import type { Item } from '../../../catalog/item.ts';
import { findCached, isInCategory } from '../../../catalog/taxonomy.ts';
import { lengths } from './limits.ts';

/** What is sent, and whether our list knows it: numbers and paths that a newer list may have are sent as they are. */
export function readCategory({ attributes: { google_product_category: given } }: Item): {
  sent?: string;
  isKnown: boolean;
} {
  if (given === undefined || given.trim() === '') return { isKnown: true };
  const known = findCached(given);
  if (known) return { sent: known.id, isKnown: true };
  const isUsable = given.length <= lengths.product_type;
  return isUsable ? { sent: given.trim(), isKnown: false } : { isKnown: false };
}

const isIn = (...ids: string[]) => {
  const ancestors = new Set(ids);
  return ({ attributes }: Item): boolean => isInCategory(attributes.google_product_category, ancestors);
};
export const isApparel = isIn('166');
/** Books, films and music: the goods that need no brand. */
export const isMedia = isIn('784', '855', '839');
/**
 * Goods with an energy label in the EU: televisions and screens, washing machines, dryers, dishwashers, refrigerators,
 * freezers, wine fridges, ovens, hoods, air conditioners, water heaters, lamps, car tyres.
 */
export const hasEnergyLabel = isIn(
  '404', '305', '2549', '2612', '680', '686', '681', '4539', '683', '684', '605', '621', '2425', '6093',
); // prettier-ignore
