/** A strict reader of RSS that only counts the items: one root, balanced tags, known entities, allowed characters. */
import { unreadable, type Scanner } from './scanner.ts';

const [lessThan, greaterThan, ampersand, slash, space] = [0x3c, 0x3e, 0x26, 0x2f, 0x20];
const [questionMark, exclamation, semicolon, bracket] = [0x3f, 0x21, 0x3b, 0x5d];
const maxDepth = 32;
const maxName = 100;
const item = Buffer.from('item');

export function scanXml(): Scanner {
  /** Bytes of the tag or the entity that the last piece ended within. */
  let left = 0;
  // The open elements: their names one after the other, without an allocation per tag.
  const names = Buffer.alloc(maxDepth * maxName);
  const lengths = new Uint8Array(maxDepth);
  let depth = 0;
  let items = 0;
  let roots = 0;
  let isFirst = true;

  const fail = (reason: string) => unreadable(`${reason} after ${items} items`);

  function take(bytes: Buffer): number {
    let at = 0;
    if (isFirst && bytes.length >= 6) {
      // Meta asks for the XML declaration at the very start.
      if (bytes.toString('latin1', 0, 6) !== '<?xml ') throw fail('no XML declaration');
      isFirst = false;
    }
    while (at < bytes.length) {
      at = takeText(bytes, at);
      if (bytes[at] !== lessThan) break;
      const end = bytes.indexOf(greaterThan, at + 1);
      if (end === -1) break;
      takeTag(bytes, at + 1, end);
      at = end + 1;
    }
    left = bytes.length - at;
    return at;
  }

  /** Reads text up to the next tag, or to an entity that the piece does not hold whole. */
  function takeText(bytes: Buffer, from: number): number {
    const { length } = bytes;
    let at = from;
    for (;;) {
      if (depth > 0) while (at < length && isPlain[bytes[at] ?? 0] === 1) at++;
      if (at >= length) return at;
      const byte = bytes[at] ?? 0;
      if (byte === lessThan) return at;
      if (depth === 0 && byte > space) throw fail('text outside the root element');
      if (byte < space && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d)
        throw fail(`control character ${byte}`);
      if (byte === ampersand) {
        const end = endOfEntity(bytes, at);
        if (end === undefined) return at;
        at = end;
      } else if (byte === greaterThan && bytes[at - 1] === bracket && bytes[at - 2] === bracket)
        throw fail('"]]>" in a text');
      else if (byte === 0xef && bytes[at + 1] === 0xbf && (bytes[at + 2] ?? 0) >= 0xbe)
        throw fail('a character that XML forbids');
      at++;
    }
  }

  /** Where the entity's semicolon stands; undefined when the piece ends before it. */
  function endOfEntity(bytes: Buffer, at: number): number | undefined {
    for (const name of entities) {
      let same = 0;
      while (same < name.length && bytes[at + 1 + same] === name[same]) same++;
      if (same === name.length) return at + same;
    }
    const end = bytes.indexOf(semicolon, at);
    if (end === -1 && bytes.length - at < 12) return undefined;
    const entity = bytes.toString('latin1', at, end === -1 || end > at + 12 ? at + 12 : end + 1);
    if (!/^&#(?:[0-9]{1,7}|x[0-9a-f]{1,6});$/i.test(entity)) throw fail(`"${entity}", which is no entity`);
    return end;
  }

  function takeTag(bytes: Buffer, from: number, to: number): void {
    const first = bytes[from];
    if (first === slash) closeElement(bytes, from + 1, to);
    else if (first === questionMark) {
      if (bytes[to - 1] !== questionMark) throw fail('a processing instruction that does not end');
    } else if (first === exclamation)
      throw fail('a comment, CDATA or DOCTYPE, which feeds of ours do not hold');
    else openElement(bytes, from, to);
  }

  function openElement(bytes: Buffer, from: number, to: number): void {
    const isEmpty = bytes[to - 1] === slash;
    const inside = isEmpty ? to - 1 : to;
    const end = endOfName(bytes, from, inside);
    if (end < inside && !attributes.test(bytes.toString('utf8', end, inside)))
      throw fail(`the tag <${bytes.toString('utf8', from, to)}>`);
    if (depth === 0 && ++roots > 1) throw fail('a second root element');
    if (depth === maxDepth || end - from > maxName) throw fail('a tag too deep or too long');
    // rss > channel > item
    if (depth === 2 && end - from === item.length && bytes.compare(item, 0, item.length, from, end) === 0)
      items++;
    if (isEmpty) return;
    bytes.copy(names, depth * maxName, from, end);
    lengths[depth++] = end - from;
  }

  function closeElement(bytes: Buffer, from: number, to: number): void {
    const length = lengths[depth - 1] ?? -1;
    const start = (depth - 1) * maxName;
    let isSame = depth > 0 && length === to - from;
    for (let i = 0; isSame && i < length; i++) isSame = names[start + i] === bytes[from + i];
    if (!isSame) throw fail(`</${bytes.toString('utf8', from, to)}>, which closes nothing`);
    depth--;
  }

  function endOfName(bytes: Buffer, from: number, to: number): number {
    let at = from;
    while (at < to && isNameByte(bytes[at] ?? 0, at === from)) at++;
    if (at === from) throw fail(`the tag <${bytes.toString('utf8', from, to)}>`);
    return at;
  }

  return {
    take,
    end() {
      if (left > 0 || depth > 0) throw fail('a feed that breaks off');
      if (roots === 0) throw unreadable('it has no root element');
      return items;
    },
  };
}

/** The five that XML knows without a DTD, the frequent ones first. */
const entities = ['lt;', 'gt;', 'amp;', 'quot;', 'apos;'].map((name) => Buffer.from(name));

/** 1 for bytes that mean nothing by themselves: most of a feed. */
const isPlain = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte === lessThan || byte === greaterThan || byte === ampersand || byte === 0xef ||
  (byte < space && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d) ? 0 : 1,
); // prettier-ignore

const attributes = /^(?:\s+[a-z_][\w:.-]*="[^"<&]*")*\s*$/i;

const isNameByte = (byte: number, isFirst: boolean): boolean =>
  (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x41 && byte <= 0x5a) || byte === 0x5f ||
  (!isFirst && ((byte >= 0x30 && byte <= 0x3a) || byte === 0x2d || byte === 0x2e)); // prettier-ignore
