/** CSV and TSV as RFC 4180 has them: CRLF after every record, quotes only where needed and then doubled inside. */
import type { FeedWriter } from '../build-feed.ts';
import { listSeparator, type Column } from '../channel.ts';
import { createChooser } from './chosen.ts';
import { createTextWriter, toPlain, type Page } from './page.ts';

const delimiters = { csv: ',', tsv: '\t' } as const;
const [quote, carriageReturn, lineFeed] = [0x22, 0x0d, 0x0a];

export function delimitedWriter(columns: readonly Column[], format: 'csv' | 'tsv'): FeedWriter {
  const delimiter = delimiters[format].charCodeAt(0);
  const special = new RegExp(`[${format === 'csv' ? ',' : ''}"\\t\\r\\n${controls}]`);
  const isPlain = toPlain(special);
  const writeCell = (page: Page, text: string): void => {
    if (!special.test(text)) return page.text(text);
    const clean = altered.test(text) ? text.replace(dropped, '').replaceAll('"', '""') : text;
    page.byte(quote);
    page.text(clean);
    page.byte(quote);
  };
  const fields = columns.map(({ name, value, list }) => ({
    name, value, list, write: createTextWriter(isPlain, writeCell),
  })); // prettier-ignore
  const choose = createChooser(columns);
  const endLine = (page: Page): void => {
    page.byte(carriageReturn);
    page.byte(lineFeed);
  };
  return {
    head(page) {
      for (const [at, { name }] of fields.entries()) {
        if (at > 0) page.byte(delimiter);
        writeCell(page, name);
      }
      endLine(page);
    },
    item(page, item) {
      const start = page.length;
      const chosen = choose(item);
      for (let at = 0; at < fields.length; at++) {
        if (at > 0) page.byte(delimiter);
        const field = chosen[at] === 1 ? fields[at] : undefined;
        if (field === undefined) continue;
        const text = field.value(item);
        if (text === undefined || text === '') continue;
        field.write(page, field.list ? field.list.cell(text.split(listSeparator)) : text);
      }
      // A record of one empty field would be a blank line, which readers skip.
      if (page.length === start) page.text('""');
      endLine(page);
    },
    foot() {
      // Nothing stands behind the last record.
    },
  };
}

// Tab and line ends are text and get quoted; other control characters break channels' readers.
const controls = '\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f';
const dropped = new RegExp(`[${controls}]`, 'g');
/** What does not stand in a cell as it stands in the text. */
const altered = new RegExp(`["${controls}]`);
