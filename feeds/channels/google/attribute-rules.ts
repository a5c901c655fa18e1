/** A rule per attribute that Google takes as it is: what cannot be used is left out, what is too long is cut, and both are said. */
import type { Rule } from '../../channel.ts';
import { trimmedTo } from '../../rules/length.ts';
import { holds, nameOf, toIssue, when } from '../../spec.ts';
import { energyClass, fields, type Field } from './fields.ts';
import { hasAllSides } from './feed.ts';
import { pages } from './limits.ts';
import { readField, takesEnergyClass, threeSides } from './read-field.ts';

/** Left out, they would say something else than the shop does: a used item would be sold as new. */
const strict: ReadonlySet<string> = new Set(['condition', 'adult', 'multipack', 'is_bundle']);

export const attributeRules: readonly Rule[] = [
  ...fields.map((field) =>
    field.cutTo === undefined ? usable(field) : trimmedTo(field.name, field.cutTo, { link: field.link }),
  ),
  ...(['energy_efficiency_class', 'min_energy_efficiency_class', 'max_energy_efficiency_class'] as const).map((name) =>
    when(takesEnergyClass, holds(name, (item) => !item.attributes[name] || energyClass.clean(item.attributes[name] ?? '', item) !== undefined, {
      link: pages.energy,
      severity: 'warning',
      code: `${name}_not_allowed`,
      message: `The ${nameOf(name)} is not a class of the energy label; it is left out.`,
      hint: `Write it as ${energyClass.says}.`,
    }, (item) => item.attributes[name])),
  ),
  ...threeSides.map((sides) =>
    when(
      (item) => sides.some((side) => item.attributes[side] !== undefined),
      holds(sides[0], (item) => hasAllSides(sides, item), {
        link: pages.shipping,
        severity: 'warning',
        code: `${sides[0]}_incomplete`,
        message: `Google takes ${sides.map(nameOf).join(', ')} together or not at all; they are left out.`,
        hint: 'Give all three with the same unit, such as 20 cm.',
      }),
    ),
  ),
  // https://support.google.com/merchants/answer/6324455: the measure and its base are of one kind
  holds('unit_pricing_base_measure', ({ attributes: { unit_pricing_base_measure: base, unit_pricing_measure: measure } }) =>
    base === undefined || (measure !== undefined && kindOf(measure) === kindOf(base)), {
    link: pages.unitPricing,
    severity: 'warning',
    code: 'unit_pricing_base_measure_other_kind',
    message: 'The base of the unit price is of another kind than the measure, or there is no measure.',
    hint: 'Give both as weights, both as volumes, both as lengths or both as areas.',
  }, (item) => item.attributes.unit_pricing_base_measure),
]; // prettier-ignore

const kinds: Readonly<Record<string, string>> = {
  oz: 'weight', lb: 'weight', mg: 'weight', g: 'weight', kg: 'weight', floz: 'volume', pt: 'volume', qt: 'volume',
  gal: 'volume', ml: 'volume', cl: 'volume', l: 'volume', cbm: 'volume', in: 'length', ft: 'length', yd: 'length',
  cm: 'length', m: 'length', sqft: 'area', sqm: 'area', ct: 'count',
}; // prettier-ignore
const kindOf = (measure: string): string | undefined => kinds[measure.toLowerCase().replace(/[^a-z]/g, '')];

/** A warning for each way in which the attribute is not sent whole. Condition and adult are errors: Google acts on them. */
function usable(field: Field): Rule {
  const { name, form, list, link } = field;
  const severity = strict.has(name) ? 'error' : 'warning';
  return (item) => {
    const given = item.attributes[name];
    if (given === undefined || given === '') return undefined;
    const { unusable, over } = readField(field, item);
    if (unusable.length > 0) {
      const few = list?.least !== undefined && unusable.length < list.least ? ` It takes at least ${list.least}.` : ''; // prettier-ignore
      const what = severity === 'error' ? '' : '; it is left out';
      return toIssue(name, 'malformed', `The ${nameOf(name)} must be ${form.says}${what}.${few}`, { link }, {
        hint: `Write it as ${form.says}.`,
        severity,
        value: unusable.join(', '),
      }); // prettier-ignore
    }
    if (over === 0) return undefined;
    return toIssue(name, 'too_many', `Google takes ${list?.most} entries of ${nameOf(name)}; the other ${over} are left out.`, { link }, {
      hint: `Keep the ${list?.most} that matter most.`,
      severity: 'warning',
      value: given,
    }); // prettier-ignore
  };
}
