/** CSV and TSV as RFC 4180 has them: CRLF after every record, quotes only where needed and then doubled inside. */
import type { FeedWriter } from '../build-feed.ts';
import { listSeparator, type Column } from '../channel.ts';

const delimiters = { csv: ',', tsv: '\t' } as const;

export function delimitedWriter(columns: readonly Column[], format: 'csv' | 'tsv'): FeedWriter {
  const delimiter = delimiters[format];
  const special = format === 'csv' ? /[",\t\r\n]/ : /["\t\r\n]/;
  const cell = (text: string): string => {
    const clean = controls.test(text) ? text.replace(allControls, '') : text;
    return special.test(clean) ? `"${clean.replaceAll('"', '""')}"` : clean;
  };
  const fields = columns.map(({ name, list }) => ({ name, list }));
  return {
    head: `${columns.map(({ name }) => cell(name)).join(delimiter)}\r\n`,
    item(row) {
      let line = '';
      let first = true;
      for (const { name, list } of fields) {
        if (first) first = false;
        else line += delimiter;
        const text = row[name];
        if (text !== undefined) line += cell(list ? list.cell(text.split(listSeparator)) : text);
      }
      // A record of one empty field would be a blank line, which readers skip.
      return line === '' ? '""\r\n' : `${line}\r\n`;
    },
    foot: '',
  };
}

// Tab and line ends are text and get quoted; other control characters break channels' readers.
const controlClass = '[\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f]';
const controls = new RegExp(controlClass);
const allControls = new RegExp(controlClass, 'g');
