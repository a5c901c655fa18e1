import { eachElement, joinElements } from './bson-bytes.ts';

/** Fields to leave out: whole, or parts of what lies in them. */
export type Dropped = { [field: string]: Dropped | true };

const [DOCUMENT, ARRAY] = [0x03, 0x04];

/** A document's bytes without these fields, also within its documents and arrays; nothing of the rest is decoded. */
export function dropFields(bytes: Buffer, dropped: Dropped, at = 0, isArray = false): Buffer {
  const parts: Buffer[] = [];
  let from = -1; // begin of the run of elements that stay as they are
  let end = 0;
  const endRun = (to: number): void => {
    if (from >= 0) parts.push(bytes.subarray(from, to));
    from = -1;
  };
  for (const { type, name, start, value, end: next } of eachElement(bytes, at)) {
    // an array's elements are not named by their places
    const inner = isArray ? dropped : Object.hasOwn(dropped, name) ? dropped[name] : undefined;
    end = next;
    if (inner === true) endRun(start);
    else if (inner !== undefined && (type === DOCUMENT || type === ARRAY)) {
      endRun(start);
      parts.push(bytes.subarray(start, value), dropFields(bytes, inner, value, type === ARRAY));
    } else if (from < 0) from = start;
  }
  endRun(end);
  return joinElements(parts);
}
