/** The choices of a variant for which Meta has no field of its own. */
import type { Item } from '../../../catalog/item.ts';
import { findOptionAttribute } from '../../../catalog/words.ts';

/** Label and value of each such choice; neither holds a comma or a colon, which Meta uses between them. */
export function variantPairs(item: Item): { label: string; value: string }[] {
  const pairs: { label: string; value: string }[] = [];
  for (const { name, value } of item.options) {
    if (isCore(name)) continue;
    const pair = { label: clean(name), value: clean(value) };
    if (pair.label !== '' && pair.value !== '') pairs.push(pair);
  }
  return pairs;
}

/** Fields of Meta's own, which must not be named again as an additional attribute. */
const core = new Set<string>(['color', 'size', 'material', 'pattern', 'gender', 'age_group']);
const known = new Map<string, boolean>();

// Shops use few option names, and items many: looked up once each.
function isCore(name: string): boolean {
  let answer = known.get(name);
  if (answer === undefined) {
    const attribute = findOptionAttribute(name);
    answer = attribute !== undefined && core.has(attribute);
    if (known.size < 10_000) known.set(name, answer);
  }
  return answer;
}

const clean = (text: string): string => text.replace(/[,:\s]+/g, ' ').trim();
