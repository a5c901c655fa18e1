/** Drives one source into the store: what changed is saved, what vanished is marked removed, unless that is too much. */
import type { Catalog } from './catalog.ts';
import type { Context } from './context.ts';
import type { Issue } from './issue.ts';
import { createKnownProducts, type KnownProducts } from './known-products.ts';
import { createPartLine, type Part, type Progress } from './import-part.ts';
import { decideAside, type SetAside } from './set-aside.ts';
import { removeGone, removeUnseen } from './remove-unseen.ts';
import { isTurnDue, letTurn } from './loop-turn.ts';
import { createSeenSet } from './seen-set.ts';
import type { Bookmark, Read, Source } from './source.ts';
import type { ProductStore } from './store/products.ts';
import type { Hold, HoldReason } from './run.ts';

/** Raised when `normalizeProduct` gives something else for the same input: everything is then read as changed. */
export const normalizeVersion = 1;
const batchSize = 500;
/** Products found unchanged between two reports of the progress. */
const sameBetweenReports = 5_000;
/** Reads between two looks at whether the event loop should turn. */
const readsBetweenLooks = 8;

/** Rows: in = done + skipped + blocked + failed. */
export interface ImportCounts {
  rows: { in: number; done: number; skipped: number; blocked: number; failed: number };
  products: { new: number; changed: number; unchanged: number; removed: number };
}

export interface ImportReport extends ImportCounts {
  format: { id: string; title: string } | undefined;
  complete: boolean;
  hold?: Hold;
  /** Beside `hold`: products that stay as they were, since too many changed too much. */
  asideHolds?: Hold[];
  bookmark?: Bookmark;
}

/** What an import tells and asks while it runs; `catalog/store/runs.ts` keeps it. */
export interface ImportRecorder {
  progress(report: ImportReport): Promise<void>;
  /** Where a killed import of this run goes on; undefined when it begins. */
  resume?(): Promise<{ point: ResumePoint; seen: AsyncIterable<Uint8Array> } | undefined>;
  /** All up to the point is saved; `seen` are the products seen since the last one. */
  commit?(point: ResumePoint, seen: Uint8Array): Promise<void>;
  issues(entries: readonly { at: number; issue: Issue; record?: string }[]): Promise<void>;
  restart(): Promise<void>;
  holdRemovals(part: number, sourceIds: string[]): Promise<void>;
  /** Changes that are doubted: kept until the end. Absent: every change is saved at once. */
  setAside?(changes: readonly SetAside[]): Promise<void>;
  /** At the end: all that was set aside, in this process or one that died. */
  eachAside?(): AsyncIterable<SetAside>;
  /** Forgets what was set aside, but for what is held for one of the reasons. */
  clearAside?(held: readonly HoldReason[]): Promise<void>;
}

/** Kept with the run while it is on. */
export interface ResumePoint {
  bookmark: Bookmark;
  report: ImportReport;
  /** How many issues were told. */
  issues: number;
}

export interface ImportInput {
  catalog: Catalog;
  source: Source;
  options: unknown;
  bookmark: Bookmark | undefined;
}

const emptyCounts = (): ImportCounts => ({
  rows: { in: 0, done: 0, skipped: 0, blocked: 0, failed: 0 },
  products: { new: 0, changed: 0, unchanged: 0, removed: 0 },
});
const emptyReport = (): ImportReport => ({ format: undefined, ...emptyCounts(), complete: false });

type End = Extract<Read, { kind: 'end' }>;

const emptyPart = (isAllNew: boolean): Part => ({ found: [], counts: emptyCounts(), issues: [], isAllNew });

export async function importCatalog(
  { catalog, source, options, bookmark }: ImportInput,
  products: ProductStore,
  recorder: ImportRecorder,
  ctx: Context,
): Promise<ImportReport> {
  const settings = JSON.stringify([
    normalizeVersion, catalog.currency, catalog.language, catalog.timeZone, catalog.defaultBrand, catalog.mapping,
  ]); // prettier-ignore
  const resumed = await recorder.resume?.();
  const progress: Progress = {
    report: resumed?.point.report ?? emptyReport(),
    issues: resumed?.point.issues ?? 0,
  };
  const line = createPartLine({ catalog, settings }, progress, products, recorder, ctx);
  let seen = createSeenSet();
  for await (const part of resumed?.seen ?? []) seen.restore(part);
  let isStoreEmpty = await products.isEmpty(catalog.id);
  let part = emptyPart(isStoreEmpty);
  let gone: string[] = [];
  let known: KnownProducts | undefined;

  async function endPart(point?: Part['point']): Promise<void> {
    const ended = point ? { ...part, point } : part;
    part = emptyPart(isStoreEmpty);
    await line.add(ended);
  }

  async function findKnown(): Promise<KnownProducts> {
    if (known) return known;
    known = createKnownProducts(settings);
    for await (const { sourceId, fingerprint } of products.eachFingerprint(catalog.id))
      known.add(sourceId, fingerprint);
    return known;
  }

  async function readAll(): Promise<End | undefined> {
    let end: End | undefined;
    let reads = 0;
    const from = resumed?.point.bookmark ?? bookmark;
    for await (const read of source.read(options, catalog, from, ctx, findKnown)) {
      ctx.signal?.throwIfAborted();
      if (++reads % readsBetweenLooks === 0 && isTurnDue()) await letTurn();
      // not before the next product: a place to go on from that comes right behind the last one belongs to its part
      if (read.kind === 'product' && part.found.length >= batchSize) await endPart();
      const { rows, products: counted } = part.counts;
      switch (read.kind) {
        case 'found':
          progress.report.format = { id: read.format, title: read.title };
          break;
        case 'product':
          rows.in += read.records;
          if (!seen.add(read.input.sourceId)) part.isAllNew = false;
          part.found.push(line.take(read, part.isAllNew));
          break;
        case 'same':
          rows.in += read.records;
          rows.skipped += read.records;
          counted.unchanged += 1;
          if (known) seen.addHash(known.idAt(read.place));
          if (counted.unchanged >= sameBetweenReports) await endPart();
          break;
        case 'present':
          seen.add(read.sourceId);
          break;
        case 'gone':
          gone.push(read.sourceId);
          break;
        case 'bookmark':
          await endPart({
            bookmark: read.bookmark,
            seen: recorder.commit ? seen.takeAdded() : new Uint8Array(),
          });
          break;
        case 'issue':
          rows.in += read.records;
          rows.failed += read.records;
          part.issues.push({
            issue: read.issue,
            ...(read.record === undefined ? {} : { record: read.record }),
          });
          if (part.issues.length >= batchSize) await endPart();
          break;
        case 'skip':
          rows.in += read.records;
          rows.skipped += read.records;
          break;
        case 'restart':
          isStoreEmpty = false;
          await endPart();
          await line.drain();
          progress.report = { ...emptyReport(), format: progress.report.format };
          progress.issues = 0;
          seen = createSeenSet();
          gone = [];
          await recorder.restart();
          break;
        case 'end':
          end = read;
          break;
      }
    }
    await endPart();
    return end;
  }

  let end: End | undefined;
  try {
    end = await readAll();
  } catch (error) {
    // what was read before is saved, and nothing goes on behind the one who hears of the failure
    await line.drain().catch(() => undefined);
    throw error;
  }
  await line.drain();
  const { report } = progress;
  // only now: no resume point may say that all was read
  report.complete = end?.complete ?? false;
  if (end?.bookmark) report.bookmark = end.bookmark;
  // What is missing was counted at the start, so mostly the products need not be gone through again.
  if (report.complete && (known?.countMissing(seen) ?? 1) > 0)
    await removeUnseen(catalog, seen, report, products, recorder, ctx);
  if (!report.complete && gone.length > 0) await removeGone(catalog, gone, report, products, recorder, ctx);
  await decideAside(catalog, report, products, recorder, ctx);
  if (report.products.new + report.products.changed + report.products.removed > 0)
    await products.recheckDuplicates(catalog.id);
  await recorder.progress(report);
  return report;
}
