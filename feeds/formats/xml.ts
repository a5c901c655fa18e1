/** RSS 2.0 with Google's `g:` namespace, which every channel that takes XML reads. */
import type { FeedWriter } from '../build-feed.ts';
import { listSeparator, type Column } from '../channel.ts';
import { createChooser } from './chosen.ts';
import { createTextWriter, keepLast, shortText, toPlain, type Page, type TextWriter } from './page.ts';

export function xmlWriter(columns: readonly Column[], meta: { title: string; link: string }): FeedWriter {
  const elements = columns.map((column) => ({ value: column.value, write: elementWriter(column) }));
  const choose = createChooser(columns);
  const [itemOpen, itemClose] = [Buffer.from('<item>\n'), Buffer.from('</item>\n')];
  return {
    head(page) {
      page.text(`<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0">
<channel>
<title>${escapeXml(meta.title)}</title>
<link>${escapeXml(meta.link)}</link>
<description>${escapeXml(meta.title)}</description>
`);
    },
    item(page, item) {
      page.bytes(itemOpen);
      const chosen = choose(item);
      for (let at = 0; at < elements.length; at++) {
        const element = chosen[at] === 1 ? elements[at] : undefined;
        if (element === undefined) continue;
        const text = element.value(item);
        if (text !== undefined && text !== '') element.write(page, text);
      }
      page.bytes(itemClose);
    },
    foot: (page) => page.text('</channel>\n</rss>\n'),
  };
}

/** One element, or one for each entry of a list. */
function elementWriter({ name, list, xml }: Column): TextWriter {
  const tag = xml?.name ?? `g:${name}`;
  const [open, close] = [Buffer.from(`<${tag}>`), Buffer.from(`</${tag}>\n`)];
  const parts = xml?.parts;
  const writeInside: TextWriter = parts ? partsWriter(parts) : createTextWriter(isPlain, writeText);
  const writeOne: TextWriter = (page, entry) => {
    page.bytes(open);
    writeInside(page, entry);
    page.bytes(close);
  };
  const writeAll: TextWriter = list
    ? (page, text) => text.split(listSeparator).forEach((entry) => writeOne(page, entry))
    : writeOne;
  if (parts) return writeAll;
  const writeLong = keepLast(writeAll);
  const isAlwaysLong = list !== undefined;
  return (page, text) => {
    if (isAlwaysLong || text.length > shortText) writeLong(page, text);
    else writeOne(page, text);
  };
}

type Parts = NonNullable<NonNullable<Column['xml']>['parts']>;
const mostEntries = 5_000;

/** Entries of several parts, such as a choice's name and value, repeat all over a shop: each is taken apart once. */
function partsWriter(parts: Parts): TextWriter {
  const known = new Map<string, Buffer>();
  return (page, entry) => {
    let bytes = known.get(entry);
    if (bytes === undefined) {
      bytes = Buffer.from(toParts(parts(entry)));
      if (known.size < mostEntries) known.set(entry, bytes);
    }
    page.bytes(bytes);
  };
}

const writeText = (page: Page, text: string): void => page.text(escapeXml(text));

const toParts = (parts: readonly (readonly [name: string, text: string])[]): string =>
  parts.map(([name, text]) => `<${name}>${escapeXml(text)}</${name}>`).join('');

/** Text as XML 1.0 may hold it: markup escaped; forbidden characters and halves of surrogate pairs dropped. */
export function escapeXml(text: string): string {
  return suspect.test(text) ? text.replace(suspects, escapeSign) : text;
}

// A bare carriage return would come back as a line feed.
const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#13;' };

/** Called for halves of whole pairs too, which stay. */
const escapeSign = (sign: string, at: number, text: string): string =>
  escapes[sign] ?? (beginsPair(text, sign >= '\udc00' ? at - 1 : at) ? sign : '');

/** Whether a whole pair begins here. */
const beginsPair = (text: string, at: number): boolean => (text.codePointAt(at) ?? 0) > 0xffff;

const suspectClass = '&<>\\r\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\ud800-\\udfff\\ufffe\\uffff';
const suspect = new RegExp(`[${suspectClass}]`);
const suspects = new RegExp(suspect, 'g');
const isPlain = toPlain(suspect);
