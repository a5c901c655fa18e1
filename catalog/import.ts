/** Drives one source into the store: what changed is saved, what vanished is marked removed, unless that is too much. */
import { hash } from 'node:crypto';
import type { Catalog } from './catalog.ts';
import type { Context } from './context.ts';
import type { Issue } from './issue.ts';
import { normalizeProduct } from './normalize.ts';
import { createKnownProducts, type Fingerprint, type KnownProducts } from './known-products.ts';
import type { ProductInput } from './product.ts';
import { judgeMoved, splitMoved, type SetAside } from './guard-prices.ts';
import { saveSetAside } from './save-set-aside.ts';
import { removeGone, removeUnseen } from './remove-unseen.ts';
import { createSeenSet } from './seen-set.ts';
import type { Bookmark, Read, Source } from './source.ts';
import type { ProductStore, ProductToSave } from './store/products.ts';
import type { Hold } from './run.ts';

/** Raised when `normalizeProduct` gives something else for the same input: everything is then read as changed. */
export const normalizeVersion = 1;
const batchSize = 500;
const mostSamples = 20;
/** Products found unchanged between two reports of the progress. */
const sameBetweenReports = 5_000;

/** Rows: in = done + skipped + blocked + failed. */
export interface ImportReport {
  format: { id: string; title: string } | undefined;
  rows: { in: number; done: number; skipped: number; blocked: number; failed: number };
  products: { new: number; changed: number; unchanged: number; removed: number };
  complete: boolean;
  hold?: Hold;
  /** Beside `hold`: products whose prices moved far, when they are too many. */
  pricesHold?: Hold;
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
  /** Products whose prices moved far: kept until `takeAside`. Absent: every change is saved at once. */
  setAside?(changes: readonly SetAside[]): Promise<void>;
  /** At the end: all that was set aside, in this process or one that died. */
  eachAside?(): AsyncIterable<SetAside>;
  clearAside?(): Promise<void>;
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

const emptyReport = (): ImportReport => ({
  format: undefined,
  rows: { in: 0, done: 0, skipped: 0, blocked: 0, failed: 0 },
  products: { new: 0, changed: 0, unchanged: 0, removed: 0 },
  complete: false,
});

type Found = Extract<Read, { kind: 'product' }>;

/** Hash of all that a product is made of: its texts (not the lines they stand in) and the settings they are read with. */
function hashInput(input: ProductInput, settings: string): string {
  const { line: _, variants, ...rest } = input;
  const withoutLines = variants.map(({ line: __, ...variant }) => variant);
  return hash('sha1', settings + JSON.stringify(rest) + JSON.stringify(withoutLines), 'base64');
}

const isSame = (a: Uint8Array, b: Uint8Array | undefined): boolean =>
  b !== undefined && Buffer.compare(a, b) === 0;

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
  let report = resumed?.point.report ?? emptyReport();
  let seen = createSeenSet();
  for await (const part of resumed?.seen ?? []) seen.restore(part);
  let batch: Found[] = [];
  let gone: string[] = [];
  let reached: Bookmark | undefined;
  let flushing: Promise<void> = Promise.resolve();
  let known: KnownProducts | undefined;
  let issuesAt = resumed?.point.issues ?? 0;
  let issues: { at: number; issue: Issue; record?: string }[] = [];

  async function saveBatch(found: readonly Found[]): Promise<void> {
    const hashes = found.map(({ input }) => hashInput(input, settings));
    const stored = await products.findHashes(
      catalog.id,
      found.map(({ input }) => input.sourceId),
    );
    const overtaken = await products.findYounger(catalog.id, found);
    const fresh: (ProductToSave & { records: number })[] = [];
    const moved: { sourceId: string; hash: string; fingerprint: Fingerprint }[] = [];
    for (const [at, { input, records, fingerprint, asOf }] of found.entries()) {
      const digest = hashes[at] ?? '';
      const before = stored.get(input.sourceId);
      const print = { ...(fingerprint ? { fingerprint } : {}), ...(asOf ? { asOf } : {}) };
      if (before?.hash !== digest && !overtaken.has(input.sourceId)) {
        fresh.push({ product: normalizeProduct(input, catalog), hash: digest, records, ...print });
        continue;
      }
      report.products.unchanged += 1;
      report.rows.skipped += records;
      if (fingerprint && before && !isSame(fingerprint, before.fingerprint))
        moved.push({ sourceId: input.sourceId, hash: digest, fingerprint });
    }
    await products.saveFingerprints(catalog.id, moved);
    const { safe, moved: aside } = recorder.setAside
      ? await splitMoved(catalog, fresh, stored, products)
      : { safe: fresh, moved: [] };
    await recorder.setAside?.(aside);
    const records = new Map(safe.map((entry) => [entry.product.sourceId, entry.records]));
    for (const result of await products.save(catalog.id, safe, stored, ctx.now())) {
      report.products[result.saved] += 1;
      const rows = records.get(result.sourceId) ?? 0;
      const blocked = Math.min(result.duplicates, rows);
      report.rows.blocked += blocked;
      report.rows.done += rows - blocked;
    }
    for (const { product } of fresh)
      for (const issue of product.issues) issues.push({ at: issuesAt++, issue });
  }

  /** One batch is saved while the next is read; never more than that waits. */
  async function flush(): Promise<void> {
    await flushing;
    const found = batch;
    const bookmarkHere = reached;
    batch = [];
    reached = undefined;
    flushing = (async () => {
      if (found.length > 0) await saveBatch(found);
      const told = issues;
      issues = [];
      await recorder.issues(told);
      if (bookmarkHere)
        await recorder.commit?.({ bookmark: bookmarkHere, report, issues: issuesAt }, seen.takeAdded());
      await recorder.progress(report);
    })();
    // a failure is met at the next flush or at the end; until then it must not count as unhandled
    flushing.catch(() => undefined);
  }

  async function findKnown(): Promise<KnownProducts> {
    if (known) return known;
    known = createKnownProducts(settings);
    for await (const { sourceId, fingerprint } of products.eachFingerprint(catalog.id))
      known.add(sourceId, fingerprint);
    return known;
  }

  const from = resumed?.point.bookmark ?? bookmark;
  for await (const read of source.read(options, catalog, from, ctx, findKnown)) {
    ctx.signal?.throwIfAborted();
    switch (read.kind) {
      case 'found':
        report.format = { id: read.format, title: read.title };
        break;
      case 'product':
        report.rows.in += read.records;
        seen.add(read.input.sourceId);
        batch.push(read);
        if (batch.length >= batchSize) await flush();
        break;
      case 'same':
        report.rows.in += read.records;
        report.rows.skipped += read.records;
        report.products.unchanged += 1;
        if (known) seen.addHash(known.idAt(read.place));
        if (report.products.unchanged % sameBetweenReports === 0) await flush();
        break;
      case 'present':
        seen.add(read.sourceId);
        break;
      case 'gone':
        gone.push(read.sourceId);
        break;
      case 'bookmark':
        reached = read.bookmark;
        await flush();
        // the counts kept with a bookmark are those up to it, so nothing is read on meanwhile
        await flushing;
        break;
      case 'issue':
        report.rows.in += read.records;
        report.rows.failed += read.records;
        issues.push({
          at: issuesAt++,
          issue: read.issue,
          ...(read.record === undefined ? {} : { record: read.record }),
        });
        if (issues.length >= batchSize) await flush();
        break;
      case 'skip':
        report.rows.in += read.records;
        report.rows.skipped += read.records;
        break;
      case 'restart': {
        await flush();
        await flushing;
        const { format } = report;
        report = { ...emptyReport(), format };
        seen = createSeenSet();
        gone = [];
        issuesAt = 0;
        await recorder.restart();
        break;
      }
      case 'end':
        report.complete = read.complete;
        if (read.bookmark) report.bookmark = read.bookmark;
        break;
    }
  }
  await flush();
  await flushing;
  await flush();
  await flushing;
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

/** What was set aside is saved after all, unless it is too much: then it waits for a person, and its rows are blocked. */
async function decideAside(
  catalog: Catalog,
  report: ImportReport,
  products: ProductStore,
  recorder: ImportRecorder,
  ctx: Context,
): Promise<void> {
  if (!recorder.eachAside) return;
  let moved = 0;
  let rows = 0;
  const sample: string[] = [];
  for await (const change of recorder.eachAside()) {
    moved += 1;
    rows += change.records;
    if (sample.length < mostSamples) sample.push(change.sample);
  }
  if (moved === 0) return;
  const hold = judgeMoved(catalog, moved, await products.countLive(catalog.id), sample);
  if (hold) {
    report.pricesHold = hold;
    report.rows.blocked += rows;
    return;
  }
  const saved = await saveSetAside(catalog.id, recorder.eachAside(), products, ctx.now());
  report.products.changed += saved.saved;
  report.products.unchanged += moved - saved.saved;
  report.rows.done += saved.rows - saved.blocked;
  report.rows.blocked += saved.blocked;
  await recorder.clearAside?.();
}
