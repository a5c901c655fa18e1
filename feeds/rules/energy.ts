/** Rules about the energy label. */
import type { Item } from '../../catalog/item.ts';
import type { Rule } from '../channel.ts';
import { toIssue, type About } from '../spec.ts';

/** The member states, where Regulation (EU) 2017/1369 asks for the label in every offer. */
export const europeanUnion: readonly string[] = [
  'AT', 'BE', 'BG', 'CY', 'CZ', 'DE', 'DK', 'EE', 'ES', 'FI', 'FR', 'GR', 'HR', 'HU', 'IE', 'IT', 'LT', 'LU', 'LV', 'MT',
  'NL', 'PL', 'PT', 'RO', 'SE', 'SI', 'SK',
]; // prettier-ignore
export const energyClasses: readonly string[] = ['A+++', 'A++', 'A+', 'A', 'B', 'C', 'D', 'E', 'F', 'G'];

/**
 * What must carry the label says its class. Only the shop's own words tell what it is, hence the default severity: warning.
 * https://eur-lex.europa.eu/eli/reg/2017/1369/oj https://support.google.com/merchants/answer/7562785
 */
export function energyClassGiven(about: About & { countries: readonly string[] }): Rule {
  return (item) => {
    if (!about.countries.includes(item.country) || !isLabelled(item)) return undefined;
    if (item.attributes.energy_efficiency_class?.trim()) return undefined;
    return toIssue('energy_efficiency_class', 'missing', 'Goods of this kind need the class of their energy label.', about, {
      hint: 'Fill energy_efficiency_class with the letter on the label, such as B.',
      severity: 'warning',
    }); // prettier-ignore
  };
}

/** Whether the item's words name something that the label is for. */
export const isLabelled = ({ title, attributes }: Item): boolean =>
  labelled.test(attributes.google_product_category ?? '') ||
  labelled.test(attributes.product_type ?? '') ||
  labelled.test(title);

/** Product groups of the label: https://energy-efficient-products.ec.europa.eu/product-list_en */
const labelled = new RegExp(
  `(?<![\\p{L}])(?:${[
    'refrigerators?', 'fridges?', 'freezers?', 'dishwashers?', 'washing machines?', 'tumble dryers?', 'televisions?', 'smart tv',
    'light bulbs?', 'led bulbs?', 'electric ovens?', 'cooker hoods?', 'air conditioners?', 'water heaters?', 'car tyres?',
    'car tires?', 'kühlschr[aä]nke?', 'gefrierschr[aä]nke?', 'spülmaschinen?', 'geschirrspüler', 'waschmaschinen?',
    'wäschetrockner', 'fernseher', 'glühbirnen?', 'led-lampen?', 'backöfen', 'backofen', 'dunstabzugshauben?', 'klimaanlagen?',
    'réfrigérateurs?', 'lave-vaisselle', 'lave-linge', 'téléviseurs?', 'lavadoras?', 'lavavajillas', 'frigor[íi]ficos?',
    'lavatrici', 'lavatrice', 'lavastoviglie', 'frigoriferi', 'frigorifero',
  ].join('|')})(?![\\p{L}])`,
  'iu',
); // prettier-ignore
