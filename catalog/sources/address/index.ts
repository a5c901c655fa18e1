/** A file at an http(s), SFTP or FTP address: a table, an RSS or Atom feed, or JSON lines; loaded again only when it has changed. */
import { hash, randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Catalog } from '../../catalog.ts';
import type { Context } from '../../context.ts';
import { normalizeVersion } from '../../import.ts';
import type { KnownProducts } from '../../known-products.ts';
import type { Bookmark, Read, Source } from '../../source.ts';
import { readingVersion, readTable } from '../../tables/read-table.ts';
import { cutOff } from '../../address/bounds.ts';
import { download, probe, type Validators } from '../../address/download.ts';
import { type AddressOptions, optionsSchema } from '../../address/options.ts';
import { cutRows, endsWithin, toTable } from '../../address/to-table.ts';

/** `reading`: all that the products depend on besides the file. Another one, and the file is read although unchanged. */
interface AddressBookmark extends Validators {
  reading?: string;
  scattered?: boolean;
}

export const source: Source<AddressOptions> = {
  id: 'address',
  title: 'File at an address',
  options: optionsSchema,
  read,
  async test(options, ctx) {
    await probe(options, ctx);
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
    const { path, issues, isClosed } = await toTable(raw, folder);
    for (const { issue, record } of issues) yield { kind: 'issue', issue, record, records: 1 };
    const complete = found.proven || isClosed;
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
