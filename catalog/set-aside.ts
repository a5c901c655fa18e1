/**
 * Changes that the guard rails doubt are set aside while an import goes on. At its end, when it is known how many there are
 * and whether the file was whole, they are saved, or wait for a person; the products stay as they were meanwhile.
 */
import type { Catalog } from './catalog.ts';
import type { Context } from './context.ts';
import { findMove, judgeMoved } from './guard-prices.ts';
import { findLost, judgeLost } from './guard-variants.ts';
import type { ImportRecorder, ImportReport } from './import.ts';
import type { Product } from './product.ts';
import type { HoldReason } from './run.ts';
import type { KnownHash, ProductStore, ProductToSave } from './store/products.ts';

const mostSamples = 20;
const pageSize = 200;

export interface SetAside {
  product: Product;
  hash: string;
  /** What the store had: only that is replaced later. */
  before: string;
  records: number;
  asOf?: Date;
  /** What is doubted about it, each with the words for it: `id: old → new`, `id, id`. */
  doubts: Partial<Record<HoldReason, string>>;
  /** Variants that the product would lose. */
  lost: number;
}
type Fresh = ProductToSave & { records: number };

/** Parts what may be saved at once from what is set aside. */
export async function splitDoubtful(
  catalog: Catalog,
  fresh: readonly Fresh[],
  stored: ReadonlyMap<string, KnownHash>,
  products: ProductStore,
): Promise<{ safe: Fresh[]; aside: SetAside[] }> {
  const changed = fresh.filter(({ product }) => (stored.get(product.sourceId)?.hash ?? '') !== '');
  if (changed.length === 0) return { safe: [...fresh], aside: [] };
  const variants = await products.findVariants(
    catalog.id,
    changed.map(({ product }) => product.sourceId),
  );
  const safe: Fresh[] = [];
  const aside: SetAside[] = [];
  for (const entry of fresh) {
    const { product, hash, records, asOf } = entry;
    const had = variants.get(product.sourceId) ?? [];
    const move = findMove(had, product, catalog.guards.priceMove);
    const lost = findLost(had, product);
    const doubts = {
      ...(move === undefined ? {} : { prices_moved: move }),
      ...(lost.length === 0 ? {} : { variants_missing: lost.join(', ') }),
    };
    const before = stored.get(product.sourceId)?.hash ?? '';
    if (Object.keys(doubts).length === 0) safe.push(entry);
    else aside.push({ product, hash, before, records, doubts, lost: lost.length, ...(asOf ? { asOf } : {}) });
  }
  return { safe, aside };
}

/** What was set aside is saved after all, unless it is too much: then it waits for a person, and its rows are blocked. */
export async function decideAside(
  catalog: Catalog,
  report: ImportReport,
  products: ProductStore,
  recorder: ImportRecorder,
  ctx: Context,
): Promise<void> {
  if (!recorder.eachAside) return;
  const moved = { products: 0, sample: [] as string[] };
  const lost = { products: 0, variants: 0, sample: [] as string[] };
  const note = (found: { products: number; sample: string[] }, words: string): void => {
    found.products += 1;
    if (found.sample.length < mostSamples) found.sample.push(words);
  };
  let all = 0;
  for await (const change of recorder.eachAside()) {
    all += 1;
    if (change.doubts.prices_moved !== undefined) note(moved, change.doubts.prices_moved);
    if (change.doubts.variants_missing !== undefined) note(lost, change.doubts.variants_missing);
    lost.variants += change.lost;
  }
  if (all === 0) return;
  const live = await products.countLive(catalog.id);
  const holds = [judgeMoved(catalog, moved, live), judgeLost(catalog, lost, live, report)].flatMap(
    (hold) => hold ?? [],
  );
  const held = new Set(holds.map(({ reason }) => reason));
  report.asideHolds = holds;
  for await (const change of recorder.eachAside())
    if (isDoubted(change, held)) report.rows.blocked += change.records;
  const saved = await saveSetAside(catalog.id, eachFree(recorder.eachAside(), held), products, ctx.now());
  report.products.changed += saved.saved;
  report.products.unchanged += saved.all - saved.saved;
  report.rows.done += saved.rows - saved.blocked;
  report.rows.blocked += saved.blocked;
  await recorder.clearAside?.([...held]);
}

const isDoubted = ({ doubts }: SetAside, held: ReadonlySet<HoldReason>): boolean =>
  (Object.keys(doubts) as HoldReason[]).some((reason) => held.has(reason));

/** Those that wait for no person's word. */
export async function* eachFree(
  each: AsyncIterable<SetAside>,
  held: ReadonlySet<HoldReason>,
): AsyncGenerator<SetAside> {
  for await (const change of each) if (!isDoubted(change, held)) yield change;
}

/** Saves products that were set aside, page by page; one that the store has otherwise meanwhile is left as it is. */
export async function saveSetAside(
  catalogId: string,
  each: AsyncIterable<SetAside>,
  products: ProductStore,
  now: Date,
): Promise<{ all: number; saved: number; rows: number; blocked: number }> {
  const sum = { all: 0, saved: 0, rows: 0, blocked: 0 };
  let page: SetAside[] = [];
  const savePage = async (): Promise<void> => {
    const stored = await products.findHashes(catalogId, page.map(({ product }) => product.sourceId)); // prettier-ignore
    const fit = page.filter(({ product, before }) => stored.get(product.sourceId)?.hash === before);
    const entries = fit.map(({ product, hash, asOf }) => ({ product, hash, ...(asOf ? { asOf } : {}) }));
    const results = await products.save(catalogId, entries, stored, now);
    const duplicates = new Map(results.map((result) => [result.sourceId, result.duplicates]));
    for (const { product, records } of page) {
      const blocked = Math.min(duplicates.get(product.sourceId) ?? 0, records);
      sum.rows += records;
      sum.blocked += blocked;
    }
    sum.all += page.length;
    sum.saved += results.length;
    page = [];
  };
  for await (const change of each) {
    page.push(change);
    if (page.length >= pageSize) await savePage();
  }
  if (page.length > 0) await savePage();
  return sum;
}
