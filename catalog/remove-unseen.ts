/** What a complete import no longer holds is marked removed, unless that is too much: then it waits for a person. */
import type { Catalog } from './catalog.ts';
import type { Context } from './context.ts';
import type { ImportRecorder, ImportReport } from './import.ts';
import type { SeenSet } from './seen-set.ts';
import type { Hold } from './run.ts';
import type { ProductStore } from './store/products.ts';

/** Ids of held removals are kept in parts of this many. */
const removalPart = 5_000;
const sampleSize = 20;

type Missing = Pick<Hold, 'before' | 'after' | 'missing' | 'sample'>;

/** After a complete read: what was not seen. Counts what it removes, or the hold, into `report`. */
export async function removeUnseen(
  catalog: Catalog,
  seen: SeenSet,
  report: ImportReport,
  products: ProductStore,
  recorder: ImportRecorder,
  ctx: Context,
): Promise<void> {
  const counts: Missing = { before: 0, after: seen.size, missing: 0, sample: [] };
  for await (const sourceId of products.eachLiveId(catalog.id)) {
    counts.before += 1;
    if (seen.has(sourceId)) continue;
    counts.missing += 1;
    if (counts.sample.length < sampleSize) counts.sample.push(sourceId);
  }
  async function* eachMissing(): AsyncGenerator<string> {
    for await (const sourceId of products.eachLiveId(catalog.id)) if (!seen.has(sourceId)) yield sourceId;
  }
  await removeMissing(catalog, counts, eachMissing(), report, products, recorder, ctx);
}

/** After a read of changes: what the source itself says is gone. The guard holds all the same. */
export async function removeGone(
  catalog: Catalog,
  gone: readonly string[],
  report: ImportReport,
  products: ProductStore,
  recorder: ImportRecorder,
  ctx: Context,
): Promise<void> {
  const before = await products.countLive(catalog.id);
  const stored = await products.findHashes(catalog.id, gone);
  const live = [...new Set(gone)].filter((sourceId) => (stored.get(sourceId)?.hash ?? '') !== '');
  const counts = { before, after: before - live.length, missing: live.length, sample: live.slice(0, sampleSize) }; // prettier-ignore
  await removeMissing(catalog, counts, live, report, products, recorder, ctx);
}

async function removeMissing(
  catalog: Catalog,
  counts: Missing,
  each: AsyncIterable<string> | Iterable<string>,
  report: ImportReport,
  products: ProductStore,
  recorder: ImportRecorder,
  ctx: Context,
): Promise<void> {
  const { before, after, missing } = counts;
  if (missing === 0) return;
  const reason = holdReason(catalog, before, missing, report, after);
  let part: string[] = [];
  let parts = 0;
  const endPart = async (): Promise<void> => {
    if (part.length === 0) return;
    if (reason) await recorder.holdRemovals(parts++, part);
    else report.products.removed += await products.markRemoved(catalog.id, part, ctx.now());
    part = [];
  };
  for await (const sourceId of each) {
    part.push(sourceId);
    if (part.length >= removalPart) await endPart();
  }
  await endPart();
  if (reason)
    report.hold = {
      reason,
      message:
        reason === 'too_many_removals'
          ? `This import holds ${after} of ${before} products; removing the other ${missing} waits for a person.`
          : `${report.rows.failed} rows could not be read, so the ${missing} products that are not in the file may be among them.`,
      ...counts,
    };
}

/** Why removing `missing` of `before` products must wait for a person; undefined when it need not. */
export function holdReason(
  catalog: Catalog,
  before: number,
  missing: number,
  report: ImportReport,
  seen: number,
): Hold['reason'] | undefined {
  if (missing === 0) return undefined;
  if (seen === 0 || missing / before > catalog.removalGuard) return 'too_many_removals';
  // an unreadable row may be one of the missing products
  return report.rows.failed > 0 ? 'unreadable_rows' : undefined;
}
