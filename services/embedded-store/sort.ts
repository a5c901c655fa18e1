import type { Doc } from './bson-bytes.ts';
import { compareValues, isPlainObject } from './order.ts';

/** Compares documents by a sort such as {a: 1, 'b.c': -1}; of an array counts its smallest, or largest, element. */
export function compareBy(sort: Doc): (a: unknown, b: unknown) => number {
  const keys = Object.entries(sort).map(([path, direction]) => ({
    parts: path.split('.'),
    direction: Number(direction) < 0 ? -1 : 1,
  }));
  return (a, b) => {
    for (const { parts, direction } of keys) {
      const order =
        direction * compareValues(sortValue(a, parts, 0, direction), sortValue(b, parts, 0, direction));
      if (order !== 0) return order;
    }
    return 0;
  };
}

function sortValue(value: unknown, parts: readonly string[], at: number, direction: number): unknown {
  if (Array.isArray(value)) {
    const part = parts[at];
    if (part !== undefined && /^\d+$/.test(part))
      return sortValue(value[Number(part)], parts, at + 1, direction);
    if (value.length === 0) return at === parts.length ? undefined : null;
    const values = value.map((each) => (at === parts.length ? each : sortValue(each, parts, at, direction)));
    return values.reduce((best, each) => (direction * compareValues(each, best) < 0 ? each : best));
  }
  if (at === parts.length) return value;
  return isPlainObject(value) ? sortValue(value[parts[at] as string], parts, at + 1, direction) : undefined;
}
