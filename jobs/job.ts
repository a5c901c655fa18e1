/** A job is a name, a payload and a function; a queue is where jobs wait. */
import type { ZodType } from 'zod';
import type { Context } from '../catalog/context.ts';
import type { createImagePool } from '../catalog/images.ts';
import type { Source } from '../catalog/source.ts';
import type { CatalogStore } from '../catalog/store/catalogs.ts';
import type { ProductStore } from '../catalog/store/products.ts';
import type { RunStore } from '../catalog/store/runs.ts';
import type { Channel, ChannelApi } from '../feeds/channel.ts';
import type { ListingStore } from '../feeds/store/listings.ts';

export interface Stores {
  catalogs: CatalogStore;
  products: ProductStore;
  runs: RunStore;
  listings: ListingStore;
}

/** What a job may use: the outside, the stores, the channels, and the queue for what follows. */
export interface JobContext extends Context {
  stores: Stores;
  sources: ReadonlyMap<string, Source>;
  channels: ReadonlyMap<string, Channel>;
  /** The channel's API with the catalog's credentials; undefined when there are none or it only fetches a feed. */
  connect(catalogId: string, channel: string): Promise<ChannelApi | undefined>;
  images: ReturnType<typeof createImagePool>;
  queue: Queue;
  settings: JobSettings;
}

export interface JobSettings {
  /** How many versions of a published feed are kept. */
  feedVersions: number;
  /** The address of a published feed, for the links in it. */
  publicUrl: string;
  /** Milliseconds between two questions for a batch's verdict. */
  checkEveryMs: number;
  /** Public address of a file-store key. */
  fileUrl(key: string): string;
}

export interface Job<P> {
  /** Equals the file name. */
  name: string;
  payload: ZodType<P>;
  /** How often it is tried in all before its run is marked failed. */
  attempts: number;
  /** The same work never waits twice, and never runs twice at a time. */
  key(payload: P): string;
  run(payload: P, ctx: JobContext): Promise<void>;
}

/** Each job belongs to a run, or to none (a person's single fix). */
export interface RunPayload {
  catalogId: string;
  runId?: string | undefined;
}

export const defineJob = <P extends RunPayload>(job: Job<P>): Job<P> => job;

export interface QueuedJob {
  key: string;
  name: string;
  attempts: number;
  dueAt: Date;
  error?: string;
}

export interface Queue {
  /** Adds work; nothing happens when the same key waits already, and a running one is run once more afterwards. */
  add<P extends RunPayload>(job: Job<P>, payload: P, options?: { delayMs?: number }): Promise<void>;
  /** Begins to work on the jobs given. */
  start(jobs: readonly Job<never>[], ctx: Omit<JobContext, 'queue'>): void;
  /** Takes no new work, aborts what runs (it commits and comes back later), and waits for it to return. */
  stop(): Promise<void>;
  list(limit: number): Promise<QueuedJob[]>;
  /** Those of these `{name}:{key}` that wait or are in hand. */
  has(keys: readonly string[]): Promise<Set<string>>;
}

/** Adds work that a run waits for. */
export async function addToRun<P extends RunPayload>(
  ctx: JobContext,
  job: Job<P>,
  payload: P,
  options?: { delayMs?: number },
): Promise<void> {
  if (payload.runId) await ctx.stores.runs.addWaiting(payload.runId, `${job.name}:${job.key(payload)}`);
  await ctx.queue.add(job, payload, options);
}
