/**
 * What an import read, in parts on their way into the store. While some are written the next are compared with what the
 * store has, and the source is read on. They are counted one after the other, so that a resume point holds exactly what
 * lies before it.
 */
import { hash } from 'node:crypto';
import type { Catalog } from './catalog.ts';
import type { Context } from './context.ts';
import type { ImportCounts, ImportRecorder, ImportReport } from './import.ts';
import type { Issue } from './issue.ts';
import type { Fingerprint } from './known-products.ts';
import { isTurnDue, letTurn } from './loop-turn.ts';
import { normalizeProduct } from './normalize.ts';
import type { Product, ProductInput } from './product.ts';
import { splitDoubtful } from './set-aside.ts';
import type { Bookmark, Read } from './source.ts';
import type { KnownHash, ProductStore, ProductToSave } from './store/products.ts';

/** Parts between the source and the store; each holds as many products as a batch. */
const mostInHand = 6;
/** Parts that are written at a time: one is worked on by the store while others are on the way to it and back. */
const mostWritten = 4;
/** Products between two looks at whether the event loop should turn. */
const productsBetweenLooks = 25;

type ProductRead = Extract<Read, { kind: 'product' }>;

/** A product on its way to the store: as the source gave it until it is known to be new or changed. */
export interface Found extends Pick<ProductRead, 'records' | 'fingerprint' | 'asOf'> {
  sourceId: string;
  hash: string;
  content: { input: ProductInput } | { product: Product };
}

export interface Part {
  found: Found[];
  /** What the reading itself counted. */
  counts: ImportCounts;
  issues: { issue: Issue; record?: string }[];
  /** The store has none of the products, nor has one come before in this import: there is nothing to compare them with. */
  isAllNew: boolean;
  /** The part ends where a killed import may go on; `seen` are the products seen since the last such place. */
  point?: { bookmark: Bookmark; seen: Uint8Array };
}

/** What an import has come to; changed as parts are saved. */
export interface Progress {
  report: ImportReport;
  /** How many issues were told. */
  issues: number;
}

export interface PartLine {
  /**
   * To be done as soon as a product is read. What the store does not have yet is normalized at once: a whole part of what
   * sources give, kept until its turn comes, is copied by the garbage collector again and again.
   */
  take(read: ProductRead, isNew: boolean): Found;
  /** Takes a part in; waits when too many are under way. Throws what an earlier one met. */
  add(part: Part): Promise<void>;
  /** All is saved. Throws what any met. */
  drain(): Promise<void>;
}

export function createPartLine(
  { catalog, settings }: { catalog: Catalog; settings: string },
  progress: Progress,
  products: ProductStore,
  recorder: ImportRecorder,
  ctx: Context,
): PartLine {
  const inHand: Promise<void>[] = [];
  /** Of the products in hand: one that comes again is compared only once the first is saved. */
  const ids = new Set<string>();
  /** Of the items that are being written. */
  const offers = new Set<string>();
  let last: Stages = { begun: Promise.resolve(), done: Promise.resolve(), isAlone: false };
  /** Of the last parts, as many as may be written at a time. */
  const lastDone: Promise<void>[] = [];

  async function drain(): Promise<void> {
    while (inHand.length > 0) await inHand.shift();
  }

  async function carry(
    part: Part,
    own: Stages,
    before: Stages,
    longBefore: Promise<void> | undefined,
    begin: () => void,
  ) {
    const judging = judge(part, catalog, products);
    judging.catch(() => undefined);
    await before.begun;
    await longBefore;
    const judged = await judging;
    const items = judged.fresh.flatMap(({ product }) => product.variants.map(({ offerId }) => offerId));
    // of two products with one SKU the first keeps it, and a change may set one free: then the order counts
    own.isAlone = judged.fresh.some(({ product }) => judged.stored.has(product.sourceId));
    if (own.isAlone || before.isAlone || items.some((item) => offers.has(item))) await before.done;
    for (const item of items) offers.add(item);
    begin();
    const written = await write(judged, catalog, products, recorder, ctx);
    for (const item of items) offers.delete(item);
    // a failure of the one before is its own; nothing is counted behind it
    await before.done;
    await count(part, judged, written, progress, recorder);
  }

  return {
    take: ({ input, records, fingerprint, asOf }, isNew) => ({
      sourceId: input.sourceId,
      records,
      ...(fingerprint ? { fingerprint } : {}),
      ...(asOf ? { asOf } : {}),
      hash: hashInput(input, settings),
      content: isNew ? { product: normalizeProduct(input, catalog) } : { input },
    }),
    async add(part) {
      const own = part.found.map(({ sourceId }) => sourceId);
      if (own.some((id) => ids.has(id))) await drain();
      while (inHand.length >= mostInHand) await inHand.shift();
      for (const id of own) ids.add(id);
      let begin = (): void => undefined;
      const begun = new Promise<void>((resolve) => (begin = resolve));
      const stages: Stages = { begun, done: last.done, isAlone: false };
      stages.done = carry(part, stages, last, lastDone.at(-mostWritten), begin).finally(() => {
        begin();
        for (const id of own) ids.delete(id);
      });
      // failures are met where the parts are waited for; until then they must not count as unhandled
      stages.done.catch(() => undefined);
      last = stages;
      lastDone.push(stages.done);
      void lastDone.splice(0, lastDone.length - mostWritten);
      inHand.push(stages.done);
    },
    drain,
  };
}

/** Of a part: when it is being written, and when it is saved and counted. */
interface Stages {
  begun: Promise<void>;
  done: Promise<void>;
  /** It is written with no other beside it; known once it has begun. */
  isAlone: boolean;
}

interface Judged {
  stored: Map<string, KnownHash>;
  fresh: (ProductToSave & { records: number })[];
  /** Other bytes, same content. */
  moved: { sourceId: string; hash: string; fingerprint: Fingerprint }[];
  unchanged: { products: number; records: number };
}

/** Which products of a part are new or changed. */
async function judge({ found, isAllNew }: Part, catalog: Catalog, products: ProductStore): Promise<Judged> {
  const judged: Judged = {
    stored: new Map(),
    fresh: [],
    moved: [],
    unchanged: { products: 0, records: 0 },
  };
  if (found.length === 0) return judged;
  const ids = found.map(({ sourceId }) => sourceId);
  if (!isAllNew) judged.stored = await products.findHashes(catalog.id, ids);
  for (const [at, { sourceId, hash: digest, content, records, fingerprint, asOf }] of found.entries()) {
    if (at % productsBetweenLooks === 0 && isTurnDue()) await letTurn();
    const before = judged.stored.get(sourceId);
    const isOvertaken = asOf !== undefined && before?.asOf !== undefined && before.asOf > asOf;
    if (before?.hash !== digest && !isOvertaken) {
      const product = 'product' in content ? content.product : normalizeProduct(content.input, catalog);
      const print = { ...(fingerprint ? { fingerprint } : {}), ...(asOf ? { asOf } : {}) };
      judged.fresh.push({ product, hash: digest, records, ...print });
      continue;
    }
    judged.unchanged.products += 1;
    judged.unchanged.records += records;
    if (fingerprint && before && !isSame(fingerprint, before.fingerprint))
      judged.moved.push({ sourceId, hash: digest, fingerprint });
  }
  return judged;
}

/** Hash of all that a product is made of: its texts (not the lines they stand in) and the settings they are read with. */
function hashInput(input: ProductInput, settings: string): string {
  const { line: _, variants, ...rest } = input;
  const withoutLines = variants.every(({ line }) => line === undefined)
    ? variants
    : variants.map(({ line: __, ...variant }) => variant);
  return hash('sha1', settings + JSON.stringify(rest) + JSON.stringify(withoutLines), 'base64');
}

const isSame = (a: Uint8Array, b: Uint8Array | undefined): boolean =>
  b !== undefined && Buffer.compare(a, b) === 0;

/** What came of writing a part. */
type Written = Pick<ImportCounts['rows'], 'done' | 'blocked'> &
  Pick<ImportCounts['products'], 'new' | 'changed'>;

async function write(
  { stored, fresh, moved }: Judged,
  catalog: Catalog,
  products: ProductStore,
  recorder: ImportRecorder,
  ctx: Context,
): Promise<Written> {
  const written: Written = { done: 0, blocked: 0, new: 0, changed: 0 };
  await products.saveFingerprints(catalog.id, moved);
  if (fresh.length === 0) return written;
  const { safe, aside } = recorder.setAside
    ? await splitDoubtful(catalog, fresh, stored, products)
    : { safe: fresh, aside: [] };
  if (aside.length > 0) await recorder.setAside?.(aside);
  const records = new Map(safe.map((entry) => [entry.product.sourceId, entry.records]));
  for (const result of await products.save(catalog.id, safe, stored, ctx.now())) {
    written[result.saved] += 1;
    const rows = records.get(result.sourceId) ?? 0;
    const blocked = Math.min(result.duplicates, rows);
    written.blocked += blocked;
    written.done += rows - blocked;
  }
  return written;
}

async function count(
  { counts, issues, point }: Part,
  { fresh, unchanged }: Judged,
  { done, blocked, new: added, changed }: Written,
  progress: Progress,
  recorder: ImportRecorder,
): Promise<void> {
  const { report } = progress;
  addCounts(report, counts);
  addCounts(report, {
    rows: { in: 0, done, skipped: unchanged.records, blocked, failed: 0 },
    products: { new: added, changed, unchanged: unchanged.products, removed: 0 },
  });
  const told = [...issues, ...fresh.flatMap(({ product }) => product.issues.map((issue) => ({ issue })))].map(
    (entry) => ({ at: progress.issues++, ...entry }),
  );
  if (told.length > 0) await recorder.issues(told);
  if (point)
    await recorder.commit?.({ bookmark: point.bookmark, report, issues: progress.issues }, point.seen);
  await recorder.progress(report);
}

function addCounts({ rows, products }: ImportReport, added: ImportCounts): void {
  for (const key of ['in', 'done', 'skipped', 'blocked', 'failed'] as const) rows[key] += added.rows[key];
  for (const key of ['new', 'changed', 'unchanged', 'removed'] as const) products[key] += added.products[key];
}
