/** What was loaded from an address, unpacked and as a table on this machine, whatever it came as. */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Issue } from '../issue.ts';
import { cutOff } from './bounds.ts';
import { readStart, unpack } from './unpack.ts';
import { writeTable } from './entries.ts';
import { readJsonLines } from './json-entries.ts';
import { readXml } from './xml-entries.ts';

/** Unreadable lines of JSON that are told one by one; more of them are no product file. */
const mostIssues = 10_000;

/** What the reader of tables says of a row that was cut off. */
export const cutRows = new Set(['row_too_short', 'row_quote_broken']);

export interface Table {
  path: string;
  issues: { issue: Issue; record: string }[];
  /** The format or its packing itself marks its end. */
  isClosed: boolean;
}

/** By the first character: `<` begins XML, `{` an object; all else is for the reader of tables to judge. */
export async function toTable(raw: string, folder: string): Promise<Table> {
  const unpacked = join(folder, 'unpacked');
  const isPacked = await unpack(raw, unpacked);
  const path = isPacked ? unpacked : raw;
  const start = (await readStart(path, 512)).toString('latin1').replace(/^(ï»¿|ÿþ|þÿ)/, '');
  const issues: Table['issues'] = [];
  const first = start.replaceAll('\0', '').trimStart()[0];
  if (first !== '<' && first !== '{') return { path, issues, isClosed: isPacked };
  const entries =
    first === '<'
      ? readXml(path)
      : readJsonLines(path, async (issue, record) => {
          if (issues.length >= mostIssues) throw cutOff();
          issues.push({ issue, record });
        });
  const table = join(folder, 'table.csv');
  await writeTable(entries, join(folder, 'entries.jsonl'), table);
  return { path: table, issues, isClosed: isPacked || first === '<' };
}

/** A broken row that ends the file without a line break is where it was cut off. */
export async function endsWithin(path: string, record: string | undefined): Promise<boolean> {
  const bytes = Buffer.from(record ?? '');
  if (bytes.length === 0) return false;
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const at = Math.max(0, size - bytes.length);
    const { buffer } = await file.read(Buffer.alloc(bytes.length), 0, bytes.length, at);
    return buffer.equals(bytes);
  } finally {
    await file.close();
  }
}
