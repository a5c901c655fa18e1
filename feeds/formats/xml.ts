/** RSS 2.0 with Google's `g:` namespace, which every channel that takes XML reads. */
import type { FeedWriter } from '../build-feed.ts';
import { listSeparator, type Column } from '../channel.ts';
import { createChooser } from './chosen.ts';
import { createTextWriter, toPlain, type Page } from './page.ts';

export function xmlWriter(columns: readonly Column[], meta: { title: string; link: string }): FeedWriter {
  const elements = columns.map(({ name, value, list, xml }) => {
    const tag = xml?.name ?? `g:${name}`;
    return {
      value,
      isList: list !== undefined,
      parts: xml?.parts,
      open: Buffer.from(`<${tag}>`),
      close: Buffer.from(`</${tag}>\n`),
      write: createTextWriter(isPlain, writeText),
    };
  });
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
        const { value, isList, parts, open, close, write } = element;
        const text = value(item);
        if (text === undefined || text === '') continue;
        for (const entry of isList ? text.split(listSeparator) : [text]) {
          page.bytes(open);
          if (parts) page.text(toParts(parts(entry)));
          else write(page, entry);
          page.bytes(close);
        }
      }
      page.bytes(itemClose);
    },
    foot: (page) => page.text('</channel>\n</rss>\n'),
  };
}

const writeText = (page: Page, text: string): void => page.text(escapeXml(text));

const toParts = (parts: readonly (readonly [name: string, text: string])[]): string =>
  parts.map(([name, text]) => `<${name}>${escapeXml(text)}</${name}>`).join('');

/** Text as XML 1.0 may hold it: markup escaped; forbidden characters and halves of surrogate pairs dropped. */
export function escapeXml(text: string): string {
  if (!suspect.test(text)) return text;
  return text
    .replace(forbidden, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    // A bare carriage return would come back as a line feed.
    .replaceAll('\r', '&#13;'); // prettier-ignore
}

const forbiddenClass = '\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\ud800-\\udfff\\ufffe\\uffff';
const suspect = new RegExp(`[&<>\\r${forbiddenClass}]`);
const isPlain = toPlain(suspect);
// With the u flag the surrogate range matches only halves that stand alone.
const forbidden = new RegExp(`[${forbiddenClass}]`, 'gu');
