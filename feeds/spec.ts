/** What a channel's rules for an item are made of, and the check itself. The makers of rules are in feeds/rules/. */
import type { Issue } from '../catalog/issue.ts';
import type { Item } from '../catalog/item.ts';
import type { AttributeName } from '../catalog/product.ts';
import type { ItemSpec, Rule } from './channel.ts';

/** Everything wrong with an item for one channel: what the source and the images say, then what the rules say. */
export function checkItem(item: Item, spec: ItemSpec): Issue[] {
  const issues = [...item.issues];
  for (const rule of spec.rules) {
    const found = rule(item);
    if (found === undefined) continue;
    if (Array.isArray(found)) issues.push(...found);
    else issues.push(found);
  }
  return issues;
}

/**
 * The same for all items of one product, in their order, with what the rules say of them beside each other. Items that
 * are withheld have no issues, and count for nobody.
 */
export function checkItems(items: readonly Item[], spec: ItemSpec): Issue[][] {
  const found = items.map((item) => (item.withheld === undefined ? checkItem(item, spec) : []));
  if (items.length < 2 || spec.groups === undefined) return found;
  const free = items.filter((item) => item.withheld === undefined);
  for (const rule of free.length < 2 ? [] : spec.groups)
    for (const [item, issue] of rule(free)) found[items.indexOf(item)]?.push(issue);
  return found;
}

/** Texts of an item that a rule can be about. */
export type TextField =
  | 'offerId' | 'itemGroupId' | 'title' | 'description' | 'descriptionHtml' | 'link' | 'brand' | 'gtin'
  | AttributeName; // prettier-ignore

/** What a rule's line in the table says beside the rule itself. */
export interface About {
  /** Where the channel states it. */
  link: string;
  /** What to do; each maker has its own default. */
  hint?: string;
  /** Default `error`, except for the makers whose names begin with `warn` and those that say otherwise. */
  severity?: Issue['severity'];
  /** Default: the field and the rule, `title_too_long`. */
  code?: string;
}

/** Anything else that is either so or not: `holds` true means the item is fine. */
export function holds(
  field: string,
  condition: (item: Item) => boolean,
  says: About & { code: string; message: string; hint: string },
  value?: (item: Item) => string | undefined,
): Rule {
  return (item) => {
    if (condition(item)) return undefined;
    const found = value?.(item);
    return toIssue(field, '', says.message, says, found === undefined ? {} : { value: found });
  };
}

/** A rule (or several) that counts only for some items. */
export function when(condition: (item: Item) => boolean, ...rules: Rule[]): Rule {
  return (item) => (condition(item) ? rules.flatMap((rule) => rule(item) ?? []) : undefined);
}

/** How to read a field, decided once per rule instead of once per item. */
export function textOf(field: TextField): (item: Item) => string | undefined {
  return isItemField(field) ? itemTexts[field] : ({ attributes }) => attributes[field];
}

const itemTexts = {
  offerId: (item: Item) => item.offerId,
  itemGroupId: (item: Item) => item.itemGroupId,
  title: (item: Item) => item.title,
  description: (item: Item) => item.description,
  descriptionHtml: (item: Item) => item.descriptionHtml,
  link: (item: Item) => item.link,
  brand: (item: Item) => item.brand,
  gtin: (item: Item) => item.gtin,
};
const isItemField = (field: TextField): field is keyof typeof itemTexts => field in itemTexts;

export const snake = (field: string): string =>
  field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
export const nameOf = (field: string): string => (field === 'gtin' || field === 'mpn' ? field.toUpperCase() : snake(field).replaceAll('_', ' ')); // prettier-ignore

/** An issue of a rule: what the table's line says wins over the maker's own words. */
export function toIssue(
  field: string,
  kind: string,
  message: string,
  about: About,
  defaults: { hint?: string; severity?: Issue['severity']; value?: string },
): Issue {
  const hint = about.hint ?? defaults.hint;
  const issue: Issue = {
    code: about.code ?? `${snake(field)}_${kind}`,
    severity: about.severity ?? defaults.severity ?? 'error',
    field,
    message,
    link: about.link,
    from: 'check',
  };
  if (defaults.value !== undefined) issue.value = defaults.value.slice(0, 200);
  if (hint !== undefined) issue.hint = hint;
  return issue;
}
