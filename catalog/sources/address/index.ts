/** A file at an http(s) address: a table, an RSS or Atom feed, or JSON lines; loaded again only when it has changed. */
import { hash, randomUUID } from 'node:crypto';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Catalog } from '../../catalog.ts';
import type { Context } from '../../context.ts';
import { normalizeVersion } from '../../import.ts';
import type { Issue } from '../../issue.ts';
import type { KnownProducts } from '../../known-products.ts';
import type { Bookmark, Read, Source } from '../../source.ts';
import { readingVersion, readTable } from '../../tables/read-table.ts';
import { cutOff, download, readStart, request, unpack, type Validators } from './download.ts';
import { writeTable } from './entries.ts';
import { readJsonLines } from './json-entries.ts';
import { type AddressOptions, optionsSchema } from './options.ts';
import { readXml } from './xml-entries.ts';

/** `reading`: all that the products depend on besides the file. Another one, and the file is read although unchanged. */
interface AddressBookmark extends Validators {
  reading?: string;
  scattered?: boolean;
}

/** Unreadable lines of JSON that are told one by one; more of them are no product file. */
const mostIssues = 10_000;
/** What the reader of tables says of a row that was cut off. */
const cutRows = new Set(['row_too_short', 'row_quote_broken']);

export const source: Source<AddressOptions> = {
  id: 'address',
  title: 'File at an address',
  options: optionsSchema,
  read,
  async test(options, ctx) {
    const response = await request(options, undefined, ctx);
    await response.body?.cancel();
    const { host, pathname } = new URL(options.url);
    return { name: `${host}${pathname}`.slice(0, 200) };
  },
};

async function* read(
  options: AddressOptions,
  catalog: Catalog,
  from: Bookmark | undefined,
  ctx: Context,
  findKnown?: () => Promise<KnownProducts>,
): AsyncGenerator<Read, void> {
  const { reading, scattered, ...validators } = (from ?? {}) as AddressBookmark;
  const now = toReading(options, catalog);
  const known = reading === now ? validators : undefined;
  const folder = join(await ctx.files.temporaryFolder(), `address-${randomUUID()}`);
  await mkdir(folder, { recursive: true });
  try {
    const raw = join(folder, 'download');
    const found = await download(options, known, raw, ctx);
    if (!found.changed) {
      yield { kind: 'found', format: 'unchanged', title: 'Unchanged since the last import', details: {} };
      yield { kind: 'end', complete: false };
      return;
    }
    const unpacked = join(folder, 'unpacked');
    const isPacked = await unpack(raw, unpacked);
    const { path, issues, isClosed } = await toTable(isPacked ? unpacked : raw, folder);
    for (const { issue, record } of issues) yield { kind: 'issue', issue, record, records: 1 };
    const complete = found.proven || isPacked || isClosed;
    if (!complete) ctx.log.warn('nothing proves that the file has come whole, so nothing is removed');
    const order = scattered ? { order: 'scattered' as const } : {};
    for await (const one of readTable({ path, ...order }, catalog, undefined, ctx, findKnown)) {
      if (one.kind === 'issue' && cutRows.has(one.issue.code) && (await endsWithin(path, one.record)))
        throw cutOff();
      if (one.kind !== 'end') yield one;
      else
        yield {
          kind: 'end',
          complete,
          ...(complete ? { bookmark: { ...one.bookmark, ...found.validators, reading: now } } : {}),
        };
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function toReading({ url }: AddressOptions, catalog: Catalog): string {
  const { name: _, channels: __, removalGuard: ___, guards: ____, ...shop } = catalog;
  return hash('sha256', JSON.stringify([normalizeVersion, readingVersion, url, shop]), 'base64');
}

interface Table {
  path: string;
  issues: { issue: Issue; record: string }[];
  /** The format itself marks its end. */
  isClosed: boolean;
}

/** By the first character: `<` begins XML, `{` an object; all else is for the reader of tables to judge. */
async function toTable(path: string, folder: string): Promise<Table> {
  const start = (await readStart(path, 512)).toString('latin1').replace(/^(ï»¿|ÿþ|þÿ)/, '');
  const issues: Table['issues'] = [];
  const first = start.replaceAll('\0', '').trimStart()[0];
  if (first !== '<' && first !== '{') return { path, issues, isClosed: false };
  const entries =
    first === '<'
      ? readXml(path)
      : readJsonLines(path, async (issue, record) => {
          if (issues.length >= mostIssues) throw cutOff();
          issues.push({ issue, record });
        });
  const table = join(folder, 'table.csv');
  await writeTable(entries, join(folder, 'entries.jsonl'), table);
  return { path: table, issues, isClosed: first === '<' };
}

/** A broken row that ends the file without a line break is where it was cut off. */
async function endsWithin(path: string, record: string | undefined): Promise<boolean> {
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
