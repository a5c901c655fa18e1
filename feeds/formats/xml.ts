/** RSS 2.0 with Google's `g:` namespace, which every channel that takes XML reads. */
import type { FeedWriter } from '../build-feed.ts';
import { listSeparator, type Column } from '../channel.ts';

export function xmlWriter(columns: readonly Column[], meta: { title: string; link: string }): FeedWriter {
  const elements = columns.map((column) => {
    const tag = column.xml?.name ?? `g:${column.name}`;
    return {
      name: column.name,
      isList: column.list !== undefined,
      parts: column.xml?.parts,
      open: `<${tag}>`,
      close: `</${tag}>\n`,
    };
  });
  return {
    head: `<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0">
<channel>
<title>${escapeXml(meta.title)}</title>
<link>${escapeXml(meta.link)}</link>
<description>${escapeXml(meta.title)}</description>
`,
    item(row) {
      let text = '<item>\n';
      for (const { name, isList, parts, open, close } of elements) {
        const value = row[name];
        if (value === undefined) continue;
        for (const entry of isList ? value.split(listSeparator) : [value])
          text += open + (parts ? writeParts(parts(entry)) : escapeXml(entry)) + close;
      }
      return `${text}</item>\n`;
    },
    foot: '</channel>\n</rss>\n',
  };
}

const writeParts = (parts: readonly (readonly [name: string, text: string])[]): string =>
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
// With the u flag the surrogate range matches only halves that stand alone.
const forbidden = new RegExp(`[${forbiddenClass}]`, 'gu');
