/** Prepares images: fetched once, checked by content, brought to a channel's rule, kept under their content's hash. */
import { createHash } from 'node:crypto';
import PQueue from 'p-queue';
import type { Context } from './context.ts';
import { fetchImage, type FetchedImage, type ImageSource } from './image-fetch.ts';
import type { ImageRule } from './image-rule.ts';
import { isRefusal, renderImage, workers, type Rendered } from './image-render.ts';
import type { Issue } from './issue.ts';
import type { PreparedImage } from './prepared-image.ts';

export type { ImageSource } from './image-fetch.ts';

/** The rule that satisfies all of these at once. */
export function strictest(rules: readonly ImageRule[]): ImageRule {
  const [first, ...rest] = rules;
  if (!first) throw new Error('strictest() needs at least one rule');
  return rest.reduce<ImageRule>((one, other) => {
    const aspect = one.aspect ?? other.aspect;
    return {
      minWidth: Math.max(one.minWidth, other.minWidth),
      minHeight: Math.max(one.minHeight, other.minHeight),
      maxWidth: Math.min(one.maxWidth, other.maxWidth),
      maxHeight: Math.min(one.maxHeight, other.maxHeight),
      maxBytes: Math.min(one.maxBytes, other.maxBytes),
      formats: one.formats.filter((format) => other.formats.includes(format)),
      ...(aspect === undefined ? {} : { aspect }),
    };
  }, first);
}

/** Raised when the same bytes and rule would give another rendition: every image is then worked again. */
const recipe = 1;
export const ruleKeyOf = (rule: ImageRule): string =>
  createHash('sha256')
    .update(JSON.stringify([recipe, rule]))
    .digest('hex')
    .slice(0, 12);

export interface ImagePool {
  /** Never throws for a bad image: `issue` says what is wrong with it. Throws only when the run is stopped. */
  prepare(source: ImageSource, rule: ImageRule, before?: PreparedImage): Promise<PreparedImage>;
}

export interface ImagePoolOptions {
  /** Images in work at a time; each keeps one core busy. Default: the machine's cores. */
  concurrency?: number;
}

/** A pool that fetches each address once at a time and works the same bytes once, whoever asks; nothing piles up in memory. */
export function createImagePool(ctx: Context, options: ImagePoolOptions = {}): ImagePool {
  const concurrency = options.concurrency ?? workers;
  // twice as many are fetched as are worked, so that no core waits for the network
  const fetching = new PQueue({ concurrency: concurrency * 2 });
  // one more than there are cores, so that none waits while the next image is looked at; fewer than the cores are kept to
  const working = new PQueue({ concurrency: concurrency < workers ? concurrency : concurrency + 1 });
  const inHand = new Map<string, Promise<PreparedImage>>();
  const rendering = new Map<string, Promise<Rendition>>();

  async function once(
    source: ImageSource,
    rule: ImageRule,
    before: PreparedImage | undefined,
  ): Promise<PreparedImage> {
    const ruleKey = ruleKeyOf(rule);
    const usable = before?.ruleKey === ruleKey && before.key !== undefined ? before : undefined;
    const now = ctx.now();
    let fetched: FetchedImage | 'unchanged';
    try {
      fetched = await fetchImage(source, usable, ctx);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return keepOrRefuse(source.url, ruleKey, before, error.issue, now);
    }
    if (fetched === 'unchanged' && usable) return fresh(usable, now);
    if (fetched === 'unchanged') throw new Error('a conditional request was answered without one');
    const { sourceHash, etag, lastModified } = fetched;
    if (usable?.sourceHash === sourceHash) return fresh(usable, now);
    const { bytes } = fetched;
    const seen = { sourceHash, ...(etag ? { etag } : {}), ...(lastModified ? { lastModified } : {}) };
    const job = `${sourceHash}-${ruleKey}`;
    let work = rendering.get(job);
    if (!work) {
      work = rendition(job, () => working.add(() => renderImage(bytes, rule)), ctx);
      rendering.set(job, work);
      void work.catch(() => undefined).finally(() => rendering.delete(job));
    }
    try {
      return { url: source.url, ...(await work), ...seen, ruleKey, checkedAt: now };
    } catch (error) {
      if (!isRefusal(error)) throw error;
      const { original } = error;
      const refused = keepOrRefuse(source.url, ruleKey, before, error.issue, now);
      // what was refused is remembered too, so that the same bytes are not fetched and judged for nothing
      return refused.stale ? refused : { ...refused, ...seen, ...(original ? { original } : {}) };
    }
  }

  return {
    async prepare(source, rule, before) {
      ctx.signal?.throwIfAborted();
      const job = `${source.localFolder ?? ''} ${source.url} ${ruleKeyOf(rule)}`;
      const running = inHand.get(job);
      if (running) return running;
      const work = fetching.add(() => once(source, rule, before));
      inHand.set(job, work);
      try {
        return await work;
      } finally {
        inHand.delete(job);
      }
    },
  };
}

interface Rendition {
  key: string;
  width: number;
  height: number;
  bytes: number;
  format: 'jpeg' | 'png';
  original: Rendered['original'];
}

/** The rendition of these bytes at this rule: the one made earlier, also by another process, or a new one. */
async function rendition(job: string, render: () => Promise<Rendered>, ctx: Context): Promise<Rendition> {
  const note = `images/by-source/${job.slice(0, 2)}/${job}.json`;
  if (await ctx.files.find(note)) {
    const made = JSON.parse(await readText(await ctx.files.open(note))) as Rendition;
    if (await ctx.files.find(made.key)) return made;
  }
  const { data, width, height, format, original } = await render();
  const digest = createHash('sha256').update(data).digest('hex');
  const key = `images/${digest.slice(0, 2)}/${digest}.${format === 'jpeg' ? 'jpg' : 'png'}`;
  if (!(await ctx.files.find(key))) await ctx.files.put(key, data);
  const made: Rendition = { key, width, height, bytes: data.length, format, original };
  await ctx.files.put(note, Buffer.from(JSON.stringify(made)));
  return made;
}

async function readText(stream: AsyncIterable<unknown>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function fresh(before: PreparedImage, now: Date): PreparedImage {
  const { stale: _, issue: __, ...rest } = before;
  return { ...rest, checkedAt: now };
}

/** A failure of today keeps yesterday's rendition and says that it is stale. */
function keepOrRefuse(
  url: string,
  ruleKey: string,
  before: PreparedImage | undefined,
  issue: Issue,
  now: Date,
): PreparedImage {
  if (before?.key === undefined) return { url, ruleKey, issue, checkedAt: now };
  const message = `${issue.message} The last good picture is kept meanwhile.`;
  return { ...before, stale: true, issue: { ...issue, severity: 'warning', message }, checkedAt: now };
}
