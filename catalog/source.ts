/** Where a catalog comes from. A source is a folder in catalog/sources/ whose index.ts exports `source`. */
import { readdir } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
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
 * - `product`: with the number of records (rows) it was made of; `fingerprint` where the source may know the product
 *   again by it; `asOf`: since when the source has said so, where it can be read in two ways at once (an older word
 *   never overwrites a younger one);
 * - `present`: the product is there and has not changed since the last complete read, so it was not read again;
 * - `gone`: the source says that it no longer has this product;
 * - `bookmark`: all up to here is safe to resume from, after a kill too;
 * - `same`: a product that is known to be as it was at the last import: the one at `place` of the known products;
 * - `issue`: a bad record (a row that belongs to no product); reading goes on;
 * - `skip`: a record left out on purpose (a grouped product's row), with the reason;
 * - `restart`: the source reads again from the beginning; forget the counts and issues so far (what was saved is
 *   saved again or found unchanged);
 * - `end`: once, last; `complete` tells whether everything was seen, so that what is absent may be removed.
 */
export type Read =
  | { kind: 'found'; format: string; title: string; details: Record<string, unknown> }
  | { kind: 'product'; input: ProductInput; records: number; fingerprint?: Fingerprint; asOf?: Date }
  | { kind: 'present'; sourceId: string }
  | { kind: 'gone'; sourceId: string }
  | { kind: 'bookmark'; bookmark: Bookmark }
  | { kind: 'same'; place: number; records: number }
  | { kind: 'issue'; issue: Issue; record?: string; records: number }
  | { kind: 'skip'; reason: string; records: number }
  | { kind: 'restart' }
  | { kind: 'end'; complete: boolean; bookmark?: Bookmark };

/** A call from a shop, as it came in. `body` is the raw text: signatures are over its bytes. */
export interface WebhookCall {
  headers: IncomingHttpHeaders;
  body: string;
}

/** What a call from a shop means. Only a `change` leads to work, and that work asks the shop itself. */
export type WebhookVerdict =
  /** The signature does not fit, or the call is not one of this shop. */
  | { kind: 'forged'; reason: string }
  /** `id` is the same when the shop repeats the call; `hint` is the source's own word for what to read again. */
  | { kind: 'change'; id: string; hint: string }
  /** The call says that the shop has taken our access back; whether that is so, asking the shop tells. */
  | { kind: 'uninstalled'; id: string }
  /** Genuine, and nothing to do: a test, or a privacy request about data that is not kept here. */
  | { kind: 'nothing'; id: string };

/** Our app at a shop system, as its owner has registered it there. */
export interface SourceApp {
  id: string;
  secret: string;
  /** Address of the shops instead of their own; another one only for tests. */
  baseUrl?: string | undefined;
}

/** What a call that concerns the app as a whole means. `forget`: a shop has left and asks to be forgotten. */
export type AppCallVerdict =
  { kind: 'forged'; reason: string } | { kind: 'nothing' } | { kind: 'forget'; shop: string };

/** A source whose shops install an app, instead of giving credentials. */
export interface SourceInstall<O = unknown> {
  /** Where the shop's owner allows it; `shop` as it will come back. Throws `InputError` for an address that is no shop. */
  toLink(
    app: SourceApp,
    asked: { shop: string; state: string; redirectUrl: string },
  ): { shop: string; url: string };
  /** The options that the way back gives, once it is proven. Throws `InputError` when it is forged or old. */
  finish(app: SourceApp, query: Record<string, string>, ctx: Context): Promise<O>;
  receive(app: SourceApp, call: WebhookCall): Promise<AppCallVerdict>;
  isOf(options: O, shop: string): boolean;
}

export interface Source<O = unknown> {
  /** Equals the folder's name. */
  id: string;
  title: string;
  /** Field descriptions are shown in the connect form; `meta({ secret: true })` marks what is never shown again. */
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
  /**
   * A cheap request that proves the credentials; answers names to show. Throws `SourceRefusedError` when refused.
   * A source without it cannot be connected to a catalog: it reads what is given with each import.
   */
  test?(options: O, ctx: Context): Promise<{ name: string }>;
  install?: SourceInstall<O>;
  /** Asks the shop to call `url` when something changes; the same address again changes nothing. */
  subscribe?(options: O, url: string, ctx: Context): Promise<void>;
  /** Judges a call before anything else is done with it. */
  receive?(options: O, call: WebhookCall): Promise<WebhookVerdict>;
  /** Reads again what the hints of calls name; yields `product`, `gone` and `issue`. */
  readChanges?(options: O, catalog: Catalog, hints: readonly string[], ctx: Context): AsyncIterable<Read>;
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
