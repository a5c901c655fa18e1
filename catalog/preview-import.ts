/** What an import would do, without doing it: the same reading and cleaning, compared with the store, nothing written. */
import type { Catalog } from './catalog.ts';
import type { Context } from './context.ts';
import type { ImportReport } from './import.ts';
import type { Issue } from './issue.ts';
import { formatAmount, moneySchema } from './money.ts';
import { normalizeProduct } from './normalize.ts';
import type { Product, StoredProduct, Variant } from './product.ts';
import { holdReason } from './remove-unseen.ts';
import type { Hold } from './run.ts';
import { createSeenSet } from './seen-set.ts';
import type { Source } from './source.ts';
import { idOf } from './store/model.ts';
import type { ProductStore } from './store/products.ts';

/** One value that would become another; absent where there is none. */
export interface ValueChange {
  field: string;
  /** `sku` or id of the variant it is about; absent: the product. */
  variant?: string;
  before?: string;
  after?: string;
}

export interface ImportPreview {
  format: ImportReport['format'];
  /** Records of the file; `failed` could not be read. */
  rows: { in: number; failed: number; skipped: number };
  products: { new: number; changed: number; unchanged: number; removed: number };
  /** Why the removals would wait for a person. */
  hold?: Hold['reason'];
  /** In how many products each field would change, the most frequent first. */
  fields: { field: string; products: number }[];
  /** The first of each kind. */
  samples: {
    new: { sourceId: string; title: string; variants: number }[];
    changed: { sourceId: string; title: string; changes: ValueChange[] }[];
    removed: { sourceId: string; title: string }[];
  };
  /** What is wrong with rows and products, by kind, the most frequent first. */
  issues: { code: string; severity: Issue['severity']; message: string; hint?: string; count: number }[];
  badRows: { line?: number; message: string; record?: string }[];
}

const batchSize = 200;
const sampleSize = 50;

export async function previewImport(
  { catalog, source, options }: { catalog: Catalog; source: Source; options: unknown },
  products: ProductStore,
  ctx: Context,
): Promise<ImportPreview> {
  let preview = emptyPreview();
  let seen = createSeenSet();
  let batch: Product[] = [];
  let fields = new Map<string, number>();
  let issues = new Map<string, ImportPreview['issues'][number]>();

  const count = ({ code, severity, message, hint }: Issue): void => {
    const known = issues.get(code);
    if (known) known.count += 1;
    else issues.set(code, { code, severity, message, ...(hint ? { hint } : {}), count: 1 });
  };
  async function compareBatch(): Promise<void> {
    const stored = await products.findMany(batch.map(({ sourceId }) => idOf(catalog.id, sourceId)));
    for (const product of batch) {
      product.issues.forEach(count);
      note(product, stored.get(idOf(catalog.id, product.sourceId)), preview, fields);
    }
    batch = [];
  }

  let complete = false;
  for await (const read of source.read(options, catalog, undefined, ctx)) {
    ctx.signal?.throwIfAborted();
    if (read.kind === 'restart') {
      preview = { ...emptyPreview(), format: preview.format };
      [seen, batch, fields, issues] = [createSeenSet(), [], new Map(), new Map()];
    }
    if (read.kind === 'found') preview.format = { id: read.format, title: read.title };
    if ('records' in read) preview.rows.in += read.records;
    if (read.kind === 'skip') preview.rows.skipped += read.records;
    if (read.kind === 'issue') {
      preview.rows.failed += read.records;
      count(read.issue);
      const { line, message } = read.issue;
      if (preview.badRows.length < sampleSize)
        preview.badRows.push({ ...(line === undefined ? {} : { line }), message, ...(read.record === undefined ? {} : { record: read.record }) }); // prettier-ignore
    }
    if (read.kind === 'product') {
      seen.add(read.input.sourceId);
      batch.push(normalizeProduct(read.input, catalog));
      if (batch.length >= batchSize) await compareBatch();
    }
    if (read.kind === 'end') complete = read.complete;
  }
  await compareBatch();
  if (complete) await findRemovals(catalog, seen, preview, products);
  preview.fields = [...fields]
    .map(([field, n]) => ({ field, products: n }))
    .sort((a, b) => b.products - a.products);
  preview.issues = [...issues.values()].sort((a, b) => b.count - a.count);
  return preview;
}

const emptyPreview = (): ImportPreview => ({
  format: undefined,
  rows: { in: 0, failed: 0, skipped: 0 },
  products: { new: 0, changed: 0, unchanged: 0, removed: 0 },
  fields: [],
  samples: { new: [], changed: [], removed: [] },
  issues: [],
  badRows: [],
});

function note(
  product: Product,
  stored: StoredProduct | undefined,
  { products, samples }: ImportPreview,
  fields: Map<string, number>,
): void {
  const { sourceId, title } = product;
  if (!stored) {
    products.new += 1;
    if (samples.new.length < sampleSize)
      samples.new.push({ sourceId, title, variants: product.variants.length });
    return;
  }
  const changes = compare(stored, product);
  if (changes.length === 0) {
    products.unchanged += 1;
    return;
  }
  products.changed += 1;
  for (const field of new Set(changes.map((change) => change.field)))
    fields.set(field, (fields.get(field) ?? 0) + 1);
  if (samples.changed.length < sampleSize) samples.changed.push({ sourceId, title, changes });
}

async function findRemovals(
  catalog: Catalog,
  seen: ReturnType<typeof createSeenSet>,
  preview: ImportPreview,
  products: ProductStore,
): Promise<void> {
  let before = 0;
  const sample: string[] = [];
  for await (const sourceId of products.eachLiveId(catalog.id)) {
    before += 1;
    if (seen.has(sourceId)) continue;
    preview.products.removed += 1;
    if (sample.length < sampleSize) sample.push(sourceId);
  }
  const titles = await products.findMany(sample.map((sourceId) => idOf(catalog.id, sourceId)));
  preview.samples.removed = sample.map((sourceId) => ({
    sourceId,
    title: titles.get(idOf(catalog.id, sourceId))?.title ?? sourceId,
  }));
  const report = { rows: { ...preview.rows, done: 0, blocked: 0 }, products: preview.products, complete: true, format: preview.format }; // prettier-ignore
  const hold = holdReason(catalog, before, preview.products.removed, report, seen.size);
  if (hold) preview.hold = hold;
}

const productFields = [
  'title',
  'description',
  'brand',
  'tags',
  'link',
  'status',
  'images',
  'attributes',
] as const;
/** The offer id is ours, fixed at first sight. */
const variantFields = [
  'sku', 'gtin', 'options', 'price', 'salePrice', 'saleStarts', 'saleEnds', 'availability', 'quantity', 'imageUrl',
  'link', 'attributes',
] as const satisfies readonly (keyof Variant)[]; // prettier-ignore

/** Every value that differs. */
export function compare(before: StoredProduct, after: Product): ValueChange[] {
  const changes: ValueChange[] = [];
  if (before.removedAt) changes.push({ field: 'removed', before: before.removedAt.toISOString() });
  for (const field of productFields) add(field, before[field], after[field]);
  const known = new Map(before.variants.map((variant) => [variant.sourceId, variant]));
  for (const variant of after.variants) {
    const name = variant.sku ?? variant.sourceId;
    const old = known.get(variant.sourceId);
    known.delete(variant.sourceId);
    if (!old) changes.push({ field: 'variants', variant: name, after: name });
    else for (const field of variantFields) add(field, old[field], variant[field], name);
  }
  for (const gone of known.values()) {
    const name = gone.sku ?? gone.sourceId;
    changes.push({ field: 'variants', variant: name, before: name });
  }
  return changes;

  function add(field: string, was: unknown, is: unknown, variant?: string): void {
    const [old, next] = [toText(was), toText(is)];
    if (old === next) return;
    changes.push({
      field,
      ...(variant === undefined ? {} : { variant }),
      ...(old === undefined ? {} : { before: old }),
      ...(next === undefined ? {} : { after: next }),
    });
  }
}

/** A value as people read it; undefined for nothing, and for an empty list. */
function toText(value: unknown): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value))
    return value.length === 0 ? undefined : value.map((one) => toText(one) ?? '').join(', ');
  if (typeof value !== 'object') return String(value);
  const money = moneySchema.safeParse(value);
  if (money.success) return `${formatAmount(money.data)} ${money.data.currency}`;
  if ('url' in value) return String(value.url);
  const entries = Object.entries(value)
    .filter(([, one]) => one !== undefined)
    .sort(([a], [b]) => a.localeCompare(b));
  return entries.length === 0
    ? undefined
    : entries.map(([key, one]) => `${key}: ${toText(one) ?? ''}`).join(', ');
}
