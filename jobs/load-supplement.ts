/** Loads a second source, by a file or from its address, and brings the products to what it says. */
import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { cutOff } from '../catalog/address/bounds.ts';
import { download, type Download, type Validators } from '../catalog/address/download.ts';
import type { AddressOptions } from '../catalog/address/options.ts';
import { cutRows, endsWithin, toTable } from '../catalog/address/to-table.ts';
import {
  NoAnswerError,
  NotFoundError,
  SourceError,
  SourceRefusedError,
  SyncError,
} from '../catalog/errors.ts';
import type { Issue } from '../catalog/issue.ts';
import type { Supplement } from '../catalog/store/supplements.ts';
import { readRows, type SupplementColumns, type SupplementRow } from '../catalog/supplements/read-rows.ts';
import { defineJob, type JobContext } from './job.ts';
import { prepareImages } from './prepare-images.ts';

const rowsAtATime = 1_000;
/** A second source is a small table: its rows are looked up for every product that is saved. */
const mostRows = 200_000;
const issuesKept = 100;
const longestDownloadMs = 120_000;

interface Loading {
  catalogId: string;
  id: string;
  /** False when nothing proves that the table is whole: then no row is taken away. */
  isWhole: boolean;
  /** A person has sent the file, and means it; what comes by itself may not take most rows away. */
  isByHand: boolean;
  version?: Record<string, string>;
  issues?: readonly Issue[];
}

/** Reads the table at `path`. Throws `SourceError` when it is none or was cut off; the rows before it stay then. */
export async function loadTable(path: string, loading: Loading, ctx: JobContext): Promise<Supplement> {
  const { catalogId, id, isWhole, isByHand, version } = loading;
  const { catalogs, supplements } = ctx.stores;
  const catalog = await catalogs.find(catalogId);
  const before = await findSupplement(catalogId, id, ctx);
  const load = `${ctx.now().toISOString()} ${randomUUID()}`;
  const issues: Issue[] = [...(loading.issues ?? [])];
  const lines = new Map<string, number>();
  let columns: SupplementColumns | undefined;
  let batch: SupplementRow[] = [];
  for await (const read of readRows(path, catalog, ctx.signal)) {
    if (read.kind === 'issue') {
      if (cutRows.has(read.issue.code) && (await endsWithin(path, read.record))) throw cutOff();
      if (issues.length < issuesKept) issues.push(read.issue);
      continue;
    }
    if (read.kind === 'columns') {
      ({ columns } = read);
      continue;
    }
    const { row } = read;
    const first = lines.get(row.key);
    if (first !== undefined && issues.length < issuesKept) issues.push(toDoubled(row, first));
    lines.set(row.key, row.line);
    if (lines.size > mostRows)
      throw new SourceError('supplement_too_large', `A second source has at most ${mostRows} rows.`, {
        hint: 'Bring so much in with the products themselves.',
      });
    batch.push(row);
    if (batch.length < rowsAtATime) continue;
    await supplements.saveRows(catalogId, id, load, batch);
    batch = [];
  }
  await supplements.saveRows(catalogId, id, load, batch);
  const rows = await supplements.countRows(catalogId, id, load);
  const isShrunken = !isByHand && before.rows - rows > before.rows * catalog.removalGuard;
  if (isWhole && !isShrunken) await supplements.endLoad(catalogId, id, load);
  await supplements.save(catalogId, id, {
    rows: isWhole && !isShrunken ? rows : Math.max(rows, before.rows),
    issues,
    columns,
    loadedAt: ctx.now(),
    version: isShrunken ? undefined : version,
    problem: isShrunken ? toShrunken(rows, before.rows, ctx.now()) : undefined,
  });
  await applyAll(catalogId, ctx);
  return findSupplement(catalogId, id, ctx);
}

/**
 * Loads it from its address unless it is the same as before. A refusal is kept, and it is not asked again. `mostMs`: how
 * long the download may take; it is a small table.
 */
export async function loadFromAddress(
  catalogId: string,
  id: string,
  ctx: JobContext,
  mostMs: number = longestDownloadMs,
): Promise<Supplement> {
  const { supplements } = ctx.stores;
  const options = await ctx.openSupplement(catalogId, id);
  const before = await findSupplement(catalogId, id, ctx);
  if (!options)
    throw new NotFoundError('supplement_no_address', `"${id}" has no address: its file is sent by hand.`);
  const folder = join(await ctx.files.temporaryFolder(), `supplement-${randomUUID()}`);
  await mkdir(folder, { recursive: true });
  try {
    const raw = join(folder, 'download');
    const found = await downloadWithin(mostMs, options, before.version, raw, ctx);
    if (!found.changed) return before;
    const { path, issues, isClosed } = await toTable(raw, folder);
    const loading = {
      catalogId,
      id,
      isWhole: found.proven || isClosed,
      isByHand: false,
      version: { ...found.validators },
      issues: issues.map(({ issue }) => issue),
    };
    return await loadTable(path, loading, ctx);
  } catch (error) {
    const now = await findSupplement(catalogId, id, ctx);
    // connected anew meanwhile: what the old settings met says nothing about it
    if (error instanceof SyncError && now.sealed === before.sealed) {
      const { code, message } = error;
      const refused = error instanceof SourceRefusedError ? { refused: true } : {};
      await supplements.save(catalogId, id, { problem: { code, message, at: ctx.now(), ...refused } });
    }
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function downloadWithin(
  mostMs: number,
  options: AddressOptions,
  known: Validators | undefined,
  path: string,
  ctx: JobContext,
): Promise<Download> {
  const late = AbortSignal.timeout(mostMs);
  const signal = ctx.signal ? AbortSignal.any([ctx.signal, late]) : late;
  try {
    return await download(options, known, path, { ...ctx, signal });
  } catch (cause) {
    if (!late.aborted || ctx.signal?.aborted) throw cause;
    throw new NoAnswerError(
      'address_no_answer',
      `The address did not give the whole table within ${mostMs / 1_000} seconds.`,
      { cause },
    );
  }
}

/** One second source from its address: work of its own, so that an address that does not answer holds nothing up. */
export const loadSupplement = defineJob({
  name: 'load-supplement',
  payload: z.object({ catalogId: z.string(), runId: z.string().optional(), id: z.string() }),
  attempts: 3,
  key: (p) => `${p.catalogId}:${p.id}`,
  async run({ catalogId, id }, ctx) {
    const found = (await ctx.stores.supplements.list(catalogId)).find((one) => one.id === id);
    // taken away, or refused, meanwhile
    if (found?.sealed !== undefined && !found.problem?.refused) await loadFromAddress(catalogId, id, ctx);
  },
});

/**
 * With every import and refresh: all that have an address are loaded, beside the run. `loadedBefore`: the last load
 * before the import began; what was loaded while it ran may have missed products that it saved.
 */
export async function reloadSupplements(
  catalogId: string,
  loadedBefore: number,
  ctx: JobContext,
): Promise<void> {
  const { supplements } = ctx.stores;
  const missed = (await supplements.lastLoad(catalogId)) !== loadedBefore;
  for (const { id, sealed, problem } of await supplements.list(catalogId))
    if (sealed !== undefined && !problem?.refused) await ctx.queue.add(loadSupplement, { catalogId, id });
  if (missed) await applyAll(catalogId, ctx);
}

/** Brings all products to what the second sources say now. */
export async function applyAll(catalogId: string, ctx: JobContext): Promise<void> {
  const { supplements } = ctx.stores;
  const { changed, matched } = await supplements.applyAll(catalogId, ctx.now(), ctx.signal);
  for (const { id } of await supplements.list(catalogId))
    await supplements.save(catalogId, id, { matched: matched.get(id) ?? 0 });
  if (changed > 0) await ctx.queue.add(prepareImages, { catalogId }, { priority: 'person' });
}

/** Throws `NotFoundError`. */
export async function findSupplement(catalogId: string, id: string, ctx: JobContext): Promise<Supplement> {
  const found = (await ctx.stores.supplements.list(catalogId)).find((one) => one.id === id);
  if (found) return found;
  throw new NotFoundError('supplement_unknown', `"${catalogId}" has no second source "${id}".`, {
    hint: 'List them: shelfcast second list',
  });
}

const toDoubled = ({ key, line }: SupplementRow, first: number): Issue => ({
  code: 'supplement_key_doubled',
  severity: 'warning',
  value: key.slice(0, 200),
  message: `The row names the same item as line ${first}; this one counts.`,
  hint: 'Keep one row for each item.',
  from: 'source',
  line,
});

const toShrunken = (rows: number, before: number, at: Date): NonNullable<Supplement['problem']> => ({
  code: 'supplement_shrunken',
  message: `It has ${rows} rows and had ${before}: what is missing keeps its values until a person sends the file or connects it again.`,
  at,
});
