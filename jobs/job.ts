/** A job is a name, a payload and a function; a queue is where jobs wait. */
import type { ZodType } from 'zod';
import type { Context } from '../catalog/context.ts';
import type { createImagePool } from '../catalog/images.ts';
import type { Source } from '../catalog/source.ts';
import type { SourceCallStore } from '../catalog/store/source-calls.ts';
import type { ChangeStore } from '../catalog/store/changes.ts';
import type { AlertStore } from '../catalog/store/alerts.ts';
import type { CatalogStore } from '../catalog/store/catalogs.ts';
import type { ProductStore } from '../catalog/store/products.ts';
import type { ViewStore } from '../catalog/store/views.ts';
import type { Channel, ChannelApi } from '../feeds/channel.ts';
import type { BudgetStore } from '../feeds/store/budgets.ts';
import type { FeedVersionStore } from '../feeds/store/feed-versions.ts';
import type { CardStore } from '../feeds/store/cards.ts';
import type { IssueGroupStore } from '../feeds/store/issue-groups.ts';
import type { Run, RunStart, RunStore } from '../catalog/store/runs.ts';
import type { SourceInstallStore } from '../catalog/store/source-installs.ts';
import type { SupplementStore } from '../catalog/store/supplements.ts';
import type { AddressOptions } from '../catalog/address/options.ts';
import type { ScheduleStore } from '../catalog/store/schedules.ts';
import { runIdOf } from '../catalog/store/runs.ts';
import type { DayStore } from '../feeds/store/days.ts';
import type { ListingStore } from '../feeds/store/listings.ts';
import type { MuteStore } from '../feeds/store/mutes.ts';
import type { RegistrationStore } from '../feeds/store/registrations.ts';
import type { ReportStore } from '../feeds/store/reports.ts';
import type { SendStore } from '../feeds/store/sends.ts';

import type { Notice, TargetKind } from './send-notice.ts';

export interface Stores {
  catalogs: CatalogStore;
  products: ProductStore;
  runs: RunStore;
  listings: ListingStore;
  days: DayStore;
  cards: CardStore;
  groups: IssueGroupStore;
  mutes: MuteStore;
  changes: ChangeStore;
  views: ViewStore;
  sends: SendStore;
  registrations: RegistrationStore;
  sourceCalls: SourceCallStore;
  sourceInstalls: SourceInstallStore;
  supplements: SupplementStore;
  reports: ReportStore;
  schedules: ScheduleStore;
  alerts: AlertStore;
  budgets: BudgetStore;
  feedVersions: FeedVersionStore;
}

/** What a job may use: the outside, the stores, the channels, and the queue for what follows. */
export interface JobContext extends Context {
  stores: Stores;
  sources: ReadonlyMap<string, Source>;
  channels: ReadonlyMap<string, Channel>;
  /** The source that the catalog is connected to, with its options; undefined for uploads only. */
  openSource(catalogId: string): Promise<OpenSource | undefined>;
  /** Where an uploaded file lies on this machine, whichever machine received it. */
  locateUpload(catalogId: string, path: string): Promise<string>;
  /** Where a second source is loaded from; undefined for one whose file is sent by hand. */
  openSupplement(catalogId: string, id: string): Promise<AddressOptions | undefined>;
  /** The channel's API with the catalog's credentials; undefined when there are none or it only fetches a feed. */
  connect(catalogId: string, channel: string): Promise<ChannelApi | undefined>;
  images: ReturnType<typeof createImagePool>;
  queue: OpenQueue;
  /** Of a job in hand: all runs that it is done for, that of its payload first. */
  runIds?: readonly string[];
  settings: JobSettings;
  /** Which kinds of targets alerts go to. */
  targets(): Promise<TargetKind[]>;
  notify(target: TargetKind, notice: Notice): Promise<void>;
}

export interface OpenSource {
  source: Source;
  options: unknown;
  /** The options as they are stored, to tell them from later ones. */
  sealed: string;
  /** Refused before: a person must connect it again. */
  isPaused: boolean;
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
  /** Equals the file name, or that of a follower in the same file. */
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

/** A question about all catalogs is asked for so many at a time. */
export const catalogsAtOnce = 200;

export const defineJob = <P extends RunPayload>(job: Job<P>): Job<P> => job;

/**
 * Who comes first when there is not room for all: `fix`, a person's change of single items, has a lane of its own;
 * `person` is a run that somebody waits for; `schedule` is what the clock began.
 */
export type Priority = 'fix' | 'person' | 'schedule';

export interface AddOptions {
  /** Not before so many milliseconds. Default 0. */
  delayMs?: number;
  /** Default `schedule`. */
  priority?: Priority;
}

export interface QueuedJob {
  /** `{name}:{key}` */
  key: string;
  name: string;
  catalogId: string;
  state: 'waiting' | 'running' | 'failed';
  attempts: number;
  dueAt: Date;
  error?: string;
}

export interface QueueCounts {
  waiting: number;
  running: number;
  failed: number;
}

export interface Queue {
  /** Adds work; nothing happens when the same key waits already, and a running one is run once more afterwards. */
  add<P extends RunPayload>(job: Job<P>, payload: P, options?: AddOptions): Promise<void>;
  /** Begins to work on the jobs given. */
  start(jobs: readonly Job<never>[], ctx: Omit<JobContext, 'queue'>): void;
  /** Takes no new work, aborts what runs (it commits and comes back later), and waits for it to return. */
  stop(): Promise<void>;
  list(limit: number): Promise<QueuedJob[]>;
  count(): Promise<QueueCounts>;
  /** Those of these `{name}:{key}` that wait or are in hand. */
  has(keys: readonly string[]): Promise<Set<string>>;
}

/** What both queues agree on; `sync` makes the indexes, where there are any. */
export interface OpenQueue extends Queue {
  sync(): Promise<void>;
  /** Removes finished and given-up jobs that nobody will ask for again. */
  prune(before: Date): Promise<void>;
}

export const keyOf = <P extends RunPayload>(job: Job<P>, payload: P): string =>
  `${job.name}:${job.key(payload)}`;

/**
 * Adds work that a run waits for, and with it every run that the job in hand is done for; of runs that have ended meanwhile
 * nothing is added.
 */
export async function addToRun<P extends RunPayload>(
  ctx: JobContext,
  job: Job<P>,
  payload: P,
  options: AddOptions = {},
): Promise<void> {
  let { priority } = options;
  if (payload.runId === undefined) return ctx.queue.add(job, payload, options);
  const key = keyOf(job, payload);
  let first: P | undefined;
  for (const runId of ctx.runIds?.includes(payload.runId) ? ctx.runIds : [payload.runId]) {
    const own = job.payload.parse({ ...payload, runId });
    const startedBy = await ctx.stores.runs.addWork(runId, { key, name: job.name, payload: own });
    if (startedBy === undefined) continue;
    first ??= own;
    if (options.priority === undefined && priority !== 'person')
      priority = startedBy === 'schedule' ? 'schedule' : 'person';
  }
  if (first) await ctx.queue.add(job, first, { ...options, ...(priority ? { priority } : {}) });
}

/**
 * Starts a run with its first job, both in one write: a process that dies right afterwards leaves a run that is revived
 * from its own record. A second run of the same kind meanwhile is a ConflictError.
 */
export async function startRun<P extends RunPayload>(
  ctx: JobContext,
  start: Omit<RunStart, 'work'>,
  job: Job<P>,
  payloadOf: (runId: string) => P,
): Promise<Run> {
  const id = start.id ?? runIdOf(start.catalogId, ctx.now());
  const payload = job.payload.parse(payloadOf(id));
  const work = { key: keyOf(job, payload), name: job.name, payload };
  const run = await ctx.stores.runs.start({ ...start, id, work }, ctx.now());
  await ctx.queue.add(job, payload, { priority: start.startedBy === 'schedule' ? 'schedule' : 'person' });
  return run;
}
