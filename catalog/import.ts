/** Drives one source into the store: what changed is saved, what vanished is marked removed, unless that is too much. */
import { hash } from 'node:crypto';
import type { Catalog } from './catalog.ts';
import type { Context } from './context.ts';
import type { Issue } from './issue.ts';
import { normalizeProduct } from './normalize.ts';
import type { ProductInput } from './product.ts';
import { createSeenSet } from './seen-set.ts';
import type { Bookmark, Source } from './source.ts';
import type { ProductStore } from './store/products.ts';
import type { Hold } from './store/runs.ts';

/** Raised when `normalizeProduct` gives something else for the same input: everything is then read as changed. */
const normalizeVersion = 1;
const batchSize = 500;
/** Ids of held removals are kept in parts of this many. */
const removalPart = 5_000;
const sampleSize = 20;

/** Rows: in = done + skipped + blocked + failed. */
export interface ImportReport {
  format: { id: string; title: string } | undefined;
  rows: { in: number; done: number; skipped: number; blocked: number; failed: number };
  products: { new: number; changed: number; unchanged: number; removed: number };
  complete: boolean;
  hold?: Hold;
  bookmark?: Bookmark;
}

/** What an import tells and asks while it runs; `catalog/store/runs.ts` keeps it. */
export interface ImportRecorder {
  progress(report: ImportReport): Promise<void>;
  issues(entries: readonly { at: number; issue: Issue; record?: string }[]): Promise<void>;
  restart(): Promise<void>;
  holdRemovals(part: number, sourceIds: string[]): Promise<void>;
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

interface Found {
  input: ProductInput;
  records: number;
}

/** Hash of all that a product is made of: its texts (not the lines they stand in) and the settings they are read with. */
function hashInput(input: ProductInput, settings: string): string {
  const { line: _, variants, ...rest } = input;
  const withoutLines = variants.map(({ line: __, ...variant }) => variant);
  return hash('sha1', settings + JSON.stringify(rest) + JSON.stringify(withoutLines), 'base64');
}

export async function importCatalog(
  { catalog, source, options, bookmark }: ImportInput,
  products: ProductStore,
  recorder: ImportRecorder,
  ctx: Context,
): Promise<ImportReport> {
  const settings = JSON.stringify([
    normalizeVersion, catalog.currency, catalog.language, catalog.timeZone, catalog.defaultBrand, catalog.mapping,
  ]); // prettier-ignore
  let report = emptyReport();
  let seen = createSeenSet();
  let batch: Found[] = [];
  let flushing: Promise<void> = Promise.resolve();
  let issuesAt = 0;
  let issues: { at: number; issue: Issue; record?: string }[] = [];

  async function saveBatch(found: readonly Found[]): Promise<void> {
    const hashes = found.map(({ input }) => hashInput(input, settings));
    const known = await products.findHashes(
      catalog.id,
      found.map(({ input }) => input.sourceId),
    );
    const fresh: { product: ReturnType<typeof normalizeProduct>; hash: string; records: number }[] = [];
    for (const [at, { input, records }] of found.entries()) {
      const digest = hashes[at] ?? '';
      if (known.get(input.sourceId) === digest) {
        report.products.unchanged += 1;
        report.rows.skipped += records;
      } else fresh.push({ product: normalizeProduct(input, catalog), hash: digest, records });
    }
    const records = new Map(fresh.map((entry) => [entry.product.sourceId, entry.records]));
    for (const result of await products.save(catalog.id, fresh, known, ctx.now())) {
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
    batch = [];
    flushing = (async () => {
      if (found.length > 0) await saveBatch(found);
      const told = issues;
      issues = [];
      await recorder.issues(told);
      await recorder.progress(report);
    })();
    // a failure is met at the next flush or at the end; until then it must not count as unhandled
    flushing.catch(() => undefined);
  }

  for await (const read of source.read(options, catalog, bookmark, ctx)) {
    ctx.signal?.throwIfAborted();
    switch (read.kind) {
      case 'found':
        report.format = { id: read.format, title: read.title };
        break;
      case 'product':
        report.rows.in += read.records;
        seen.add(read.input.sourceId);
        batch.push({ input: read.input, records: read.records });
        if (batch.length >= batchSize) await flush();
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
  if (report.complete) await removeUnseen(catalog, seen, report, products, recorder, ctx);
  if (report.products.new + report.products.changed + report.products.removed > 0)
    await products.recheckDuplicates(catalog.id);
  await recorder.progress(report);
  return report;
}

/** Why removing `missing` of `before` products must wait for a person; undefined when it need not. */
function holdReason(
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

async function removeUnseen(
  catalog: Catalog,
  seen: ReturnType<typeof createSeenSet>,
  report: ImportReport,
  products: ProductStore,
  recorder: ImportRecorder,
  ctx: Context,
): Promise<void> {
  let before = 0;
  let missing = 0;
  const sample: string[] = [];
  for await (const sourceId of products.eachLiveId(catalog.id)) {
    before += 1;
    if (seen.has(sourceId)) continue;
    missing += 1;
    if (sample.length < sampleSize) sample.push(sourceId);
  }
  if (missing === 0) return;
  const reason = holdReason(catalog, before, missing, report, seen.size);
  let part: string[] = [];
  let parts = 0;
  const endPart = async (): Promise<void> => {
    if (part.length === 0) return;
    if (reason) await recorder.holdRemovals(parts++, part);
    else report.products.removed += await products.markRemoved(catalog.id, part, ctx.now());
    part = [];
  };
  for await (const sourceId of products.eachLiveId(catalog.id)) {
    if (seen.has(sourceId)) continue;
    part.push(sourceId);
    if (part.length >= removalPart) await endPart();
  }
  await endPart();
  if (reason)
    report.hold = {
      reason,
      message:
        reason === 'too_many_removals'
          ? `This import holds ${seen.size} of ${before} products; removing the other ${missing} waits for a person.`
          : `${report.rows.failed} rows could not be read, so the ${missing} products that are not in the file may be among them.`,
      before,
      after: seen.size,
      missing,
      sample,
    };
}
