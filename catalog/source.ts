/** Where a catalog comes from. A source is a folder in catalog/sources/ whose index.ts exports `source`. */
import { readdir } from 'node:fs/promises';
import type { ZodType } from 'zod';
import type { Catalog } from './catalog.ts';
import type { Context } from './context.ts';
import type { Issue } from './issue.ts';
import type { Fingerprint, KnownProducts } from './known-products.ts';
import type { ProductInput } from './product.ts';

/** Where the next read may resume: the source's own JSON. */
export type Bookmark = Record<string, unknown>;

/**
 * What a source yields, in order:
 * - `found`: once, first: what it recognised (shown to the user);
 * - `product`: with the number of records (rows) it was made of; `bookmark`: all up to here is safe to resume from;
 *   `fingerprint` where the source may know the product again by it;
 * - `same`: a product that is known to be as it was at the last import: the one at `place` of the known products;
 * - `issue`: a bad record (a row that belongs to no product); reading goes on;
 * - `skip`: a record left out on purpose (a grouped product's row), with the reason;
 * - `restart`: the source reads again from the beginning; forget the counts and issues so far (what was saved is
 *   saved again or found unchanged);
 * - `end`: once, last; `complete` tells whether everything was seen, so that what is absent may be removed.
 */
export type Read =
  | { kind: 'found'; format: string; title: string; details: Record<string, unknown> }
  | { kind: 'product'; input: ProductInput; records: number; bookmark?: Bookmark; fingerprint?: Fingerprint }
  | { kind: 'same'; place: number; records: number }
  | { kind: 'issue'; issue: Issue; record?: string; records: number }
  | { kind: 'skip'; reason: string; records: number }
  | { kind: 'restart' }
  | { kind: 'end'; complete: boolean; bookmark?: Bookmark };

export interface Source<O = unknown> {
  /** Equals the folder's name. */
  id: string;
  title: string;
  options: ZodType<O>;
  /**
   * Reads everything (or, from a bookmark, what may be new). Memory stays flat whatever the size.
   * Throws `SourceError` when the whole cannot be read: nothing is removed then.
   * `findKnown` loads the products of the store, for a source that can tell `same` ones without reading them.
   */
  read(
    options: O,
    catalog: Catalog,
    from: Bookmark | undefined,
    ctx: Context,
    findKnown?: () => Promise<KnownProducts>,
  ): AsyncIterable<Read>;
}

/** Finds the source folders; a folder whose `source.id` is not its name stops the start. */
export async function loadSources(
  folder: URL = new URL('./sources/', import.meta.url),
): Promise<Map<string, Source>> {
  const sources = new Map<string, Source>();
  const entries = await readdir(folder, { withFileTypes: true });
  for (const { name } of entries.filter((entry) => entry.isDirectory())) {
    const module = (await import(new URL(`${name}/index.ts`, folder).href)) as { source?: Source };
    if (module.source?.id !== name)
      throw new Error(`catalog/sources/${name}/index.ts must export a source with id "${name}"`);
    sources.set(name, module.source);
  }
  return sources;
}
