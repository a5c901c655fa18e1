/** Rules about the items of one product beside each other. */
import type { Item } from '../../catalog/item.ts';
import type { AttributeName } from '../../catalog/product.ts';
import type { GroupRule } from '../channel.ts';
import { nameOf, toIssue, type About } from '../spec.ts';

/** By what a shopper tells the variants of a product apart. */
const choices = [
  'color',
  'size',
  'material',
  'pattern',
  'gender',
  'age_group',
] as const satisfies readonly AttributeName[];

/** No two items of a group offer the same choice. Default severity: warning. */
export function distinctOptions(about: About): GroupRule {
  return (items) => {
    const first = new Map<string, Item>();
    return items.flatMap((item) => {
      const choice = toChoice(item);
      const twin = first.get(choice);
      if (twin === undefined) {
        first.set(choice, item);
        return [];
      }
      const message = `"${twin.offerId}" of the same product has the same choice of size, colour and other options.`;
      const issue = toIssue('options', 'same_as_other', message, about, {
        hint: 'Give each variant a choice of its own, or remove the one that stands twice.',
        severity: 'warning',
        value: item.options.map(({ name, value }) => `${name}: ${value}`).join(', '),
      });
      return [[item, issue] as const];
    });
  };
}

const toChoice = ({ options, attributes }: Item): string =>
  JSON.stringify([
    options.map(({ name, value }) => `${name}=${value}`.toLowerCase()).sort((a, b) => a.localeCompare(b)),
    choices.map((name) => attributes[name]?.toLowerCase()),
  ]);

/** What one item of a group fills of size, colour and the like, all fill. Default severity: warning. */
export function sameChoicesFilled(about: About): GroupRule {
  return (items) =>
    choices.flatMap((field) => {
      const empty = items.filter(({ attributes }) => !attributes[field]?.trim());
      if (empty.length === 0 || empty.length === items.length) return [];
      const message = `Other variants of the product have a ${nameOf(field)}; this one has none.`;
      return empty.map(
        (item) =>
          [
            item,
            toIssue(field, 'missing_in_group', message, about, {
              hint: `Fill the ${nameOf(field)} for every variant of the product, or for none.`,
              severity: 'warning',
            }),
          ] as const,
      );
    });
}
