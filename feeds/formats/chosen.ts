/** Which columns an item is asked for. */
import type { Item } from '../../catalog/item.ts';
import type { Column } from '../channel.ts';

/** For each column 1, or 0 where it is of an attribute that the item lacks. The answer is good until the next call. */
export function createChooser(columns: readonly Column[]): (item: Item) => Uint8Array {
  const chosen = Uint8Array.from(columns, ({ of }) => (of === undefined ? 1 : 0));
  const places = new Map<string, number[]>();
  for (const [place, { of }] of columns.entries())
    if (of !== undefined) places.set(of, [...(places.get(of) ?? []), place]);
  const marked: number[] = [];
  return ({ attributes }) => {
    for (const place of marked) chosen[place] = 0;
    marked.length = 0;
    for (const name of Object.keys(attributes))
      for (const place of places.get(name) ?? nowhere) {
        chosen[place] = 1;
        marked.push(place);
      }
    return chosen;
  };
}

const nowhere: readonly number[] = [];
