/** The items of an RSS or the entries of an Atom feed, streamed. Fields have the names of Google's `g:` namespace. */
import { createReadStream } from 'node:fs';
import { TextDecoder } from 'node:util';
import { Parser } from 'htmlparser2';
import { SourceError } from '../errors.ts';
import { cutOff } from './bounds.ts';
import { readStart } from './unpack.ts';
import { type Entry, largestEntry } from './entries.ts';

/** https://support.google.com/merchants/answer/14987622 */
const googleNamespace = 'http://base.google.com/ns/1.0';
const roots = new Set(['rss', 'feed', 'rdf:RDF']);
const entryNames = new Set(['item', 'entry']);
/** Plain elements of RSS 2.0 and Atom that mean something to a shop; a `g:` field of the same name wins. */
const plainFields: Record<string, string> = { summary: 'description', content: 'description' };

/** Throws `SourceError` when the root is not that of a feed, or is never closed. */
export async function* readXml(path: string): AsyncGenerator<Entry, void> {
  const decoder = await createDecoder(path);
  const reader = createReader();
  for await (const chunk of createReadStream(path))
    yield* reader.write(decoder.decode(chunk as Buffer, { stream: true }));
  yield* reader.write(decoder.decode());
  yield* reader.end();
}

function createReader(): { write(text: string): Entry[]; end(): Entry[] } {
  let entries: Entry[] = [];
  let prefix = 'g:';
  let closed = false;
  let depth = 0;
  /** The entry in hand, by where its fields come from, and the depth it stands at. */
  let current: { own: Entry; plain: Entry; depth: number; size: number } | undefined;
  let text = '';
  let nested = false;

  function add(name: string, value: string): void {
    if (!current || value.trim() === '') return;
    const isOwn = name.startsWith(prefix);
    if (!isOwn && name.includes(':')) return;
    const field = isOwn ? name.slice(prefix.length) : (plainFields[name] ?? name);
    const target = isOwn ? current.own : current.plain;
    (target[field] ??= []).push(value);
  }

  const parser = new Parser(
    {
      onopentag(name, attributes) {
        depth += 1;
        if (depth === 1 && !roots.has(name)) throw notFeed(name);
        for (const [key, value] of Object.entries(attributes))
          if (value === googleNamespace && key.startsWith('xmlns:')) prefix = `${key.slice(6)}:`;
        if (!current && entryNames.has(name)) current = { own: {}, plain: {}, depth, size: 0 };
        else if (current && depth === current.depth + 1) {
          nested = false;
          // Atom's link stands in an attribute. https://www.rfc-editor.org/rfc/rfc4287#section-4.2.7
          if (name === 'link' && (attributes['rel'] ?? 'alternate') === 'alternate')
            add(name, attributes['href'] ?? '');
        } else nested = true;
        text = '';
      },
      ontext(piece) {
        if (!current) return;
        current.size += piece.length;
        if (current.size > largestEntry)
          throw new SourceError('address_not_a_feed', 'An entry of the feed is larger than any product.');
        text += piece;
      },
      onclosetag(name, isImplied) {
        depth -= 1;
        if (depth === 0) closed = !isImplied;
        if (!current || depth > current.depth) return;
        if (depth === current.depth) {
          // what has parts (shipping, tax) is no field of an item
          if (!nested) add(name, text);
          nested = false;
          text = '';
          return;
        }
        const entry = { ...current.plain, ...current.own };
        current = undefined;
        if (isImplied && Object.keys(entry).length > 0) throw cutOff();
        entries.push(entry);
      },
    },
    { xmlMode: true, decodeEntities: true },
  );
  const flush = (): Entry[] => {
    const found = entries;
    entries = [];
    return found;
  };
  return {
    write(piece) {
      parser.write(piece);
      return flush();
    },
    end() {
      parser.end();
      if (!closed) throw cutOff();
      return flush();
    },
  };
}

/** By byte order mark or declaration; UTF-8 without. https://www.w3.org/TR/xml/#charencoding */
async function createDecoder(path: string): Promise<TextDecoder> {
  const start = await readStart(path, 200);
  if (start[0] === 0xff && start[1] === 0xfe) return new TextDecoder('utf-16le');
  if (start[0] === 0xfe && start[1] === 0xff) return new TextDecoder('utf-16be');
  const label = /^[^>]*encoding\s*=\s*["']([\w.:-]+)["']/.exec(start.toString('latin1'))?.[1] ?? 'utf-8';
  try {
    return new TextDecoder(label);
  } catch (cause) {
    throw new SourceError('address_not_a_feed', `The encoding "${label}" is not known.`, {
      hint: 'Write the feed as UTF-8.',
      cause,
    });
  }
}

const notFeed = (root: string): SourceError =>
  new SourceError('address_not_a_feed', `At the address is no product feed, but a document <${root}>.`, {
    hint: 'Expected is an RSS or Atom feed with g: fields, CSV, TSV or JSON lines. A sign-in page is a frequent cause.',
  });
