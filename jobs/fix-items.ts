/** A person's values for fields of items: written, checked for every channel at once, and sent without a run. */
import type { Catalog } from '../catalog/catalog.ts';
import { SyncError } from '../catalog/errors.ts';
import { toItems, type Item } from '../catalog/item.ts';
import { checkOverride, findOverride, readField, withOverrides } from '../catalog/item-field.ts';
import type { Issue } from '../catalog/issue.ts';
import type { StoredProduct } from '../catalog/product.ts';
import type { Change, ChangeEntry } from '../catalog/store/changes.ts';
import { inChunks } from '../catalog/store/model.ts';
import { mergeProblems, type CardProblem } from '../feeds/card.ts';
import { checkItems } from '../feeds/spec.ts';
import type { JobContext } from './job.ts';
import { publishFeed } from './publish-feed.ts';
import { pushBatch } from './push-batch.ts';
import { recheckProducts } from './refresh-listings.ts';

/** One field of one item. */
export interface Fix {
  offerId: string;
  field: string;
  /** null: take the person's value back. */
  value: string | null;
  /** What the person saw in the field (null: nothing); another value there now is a conflict. Absent: whatever is there. */
  seen?: string | null | undefined;
  /** The override that must stand there now (null: none), else it is a conflict; what an undo asks for. */
  expects?: string | null | undefined;
}

export type FixOutcome =
  | { offerId: string; field: string; outcome: 'done' | 'same' }
  /** Somebody else changed it: what stands there now, and who set it. */
  | { offerId: string; field: string; outcome: 'conflict'; current: string | null; by?: string; at?: Date }
  | { offerId: string; field: string; outcome: 'refused'; message: string; hint?: string };

export interface FixAct {
  catalogId: string;
  by: string;
  kind: Change['kind'];
  problem?: { code: string; field?: string };
  undoes?: string;
}

const offersAtOnce = 400;
/** The feed is built anew once for all that a person does within this time. */
const feedAfterMs = 60_000;

/**
 * Applies fixes a part at a time; each part is checked and off the lists before the next. `tell` hears the outcomes as they
 * come. Answers the change, undefined when nothing came of it.
 */
export async function fixItems(
  act: FixAct,
  fixes: Iterable<readonly Fix[]> | AsyncIterable<readonly Fix[]>,
  ctx: JobContext,
  tell: (outcomes: readonly FixOutcome[]) => Promise<void> | void,
): Promise<Change | undefined> {
  const { catalogId, by, kind } = act;
  const catalog = await ctx.stores.catalogs.find(catalogId);
  const now = ctx.now();
  const id = ctx.stores.changes.newId(catalogId, now);
  let [count, part] = [0, 0];
  const change = (): Change => ({
    id, catalogId, kind, by, at: now, count,
    ...(act.problem ? { problem: act.problem } : {}), ...(act.undoes ? { undoes: act.undoes } : {}),
  }); // prettier-ignore
  for await (const some of fixes)
    for (const chunk of inChunks(some, offersAtOnce)) {
      const { outcomes, entries } = await fixPart(catalog, chunk, by, ctx);
      count += entries.length;
      await ctx.stores.changes.addEntries(catalogId, id, part++, entries);
      if (entries.length > 0) await ctx.stores.changes.save(change());
      await tell(outcomes);
    }
  if (count === 0) return undefined;
  await sendFixed(catalog, ctx);
  return change();
}

/** What a person did goes out before anything else that waits. */
export async function sendFixed(catalog: Catalog, ctx: JobContext): Promise<void> {
  for (const channel of catalog.channels) {
    if (ctx.channels.get(channel)?.connect)
      await ctx.queue.add(pushBatch, { catalogId: catalog.id, channel }, { priority: 'fix' });
    await ctx.queue.add(
      publishFeed,
      { catalogId: catalog.id, channel },
      { delayMs: feedAfterMs, priority: 'fix' },
    );
  }
}

const mostRounds = 5;

async function fixPart(catalog: Catalog, fixes: readonly Fix[], by: string, ctx: JobContext) {
  const { products } = ctx.stores;
  const outcomes: FixOutcome[] = [];
  const entries: ChangeEntry[] = [];
  let waiting = [...fixes];
  for (let round = 0; waiting.length > 0; round++) {
    if (round === mostRounds) throw new Error(`${waiting.length} items keep changing under our hands`);
    const found = await products.findByOfferIds(catalog.id, [
      ...new Set(waiting.map(({ offerId }) => offerId)),
    ]);
    const plans = planFixes(found, waiting, catalog, by, ctx);
    const lost = await products.saveOverrides(plans.writes, plans.at);
    const isLost = ({ productId }: { productId?: string }): boolean =>
      productId !== undefined && lost.has(productId);
    const settled = plans.decided.filter((one) => !isLost(one));
    outcomes.push(...settled.map(({ result }) => result));
    entries.push(...settled.flatMap(({ entry }) => entry ?? []));
    const written = plans.writes.flatMap(({ product }) => (lost.has(product.id) ? [] : product.id));
    await recheckProducts(catalog, written, ctx);
    waiting = plans.decided.filter(isLost).map(({ fix }) => fix);
  }
  return { outcomes, entries };
}

interface Decided {
  fix: Fix;
  result: FixOutcome;
  /** Set when something is to be written. */
  productId?: string;
  entry?: ChangeEntry;
}

/** Decides each fix against the products as they are. */
function planFixes(
  found: readonly StoredProduct[],
  fixes: readonly Fix[],
  catalog: Catalog,
  by: string,
  ctx: JobContext,
) {
  const at = ctx.now();
  const byOffer = new Map(found.flatMap((product) => product.variants.map(({ offerId }): [string, StoredProduct] => [offerId, product]))); // prettier-ignore
  const items = new Map(found.flatMap((product) => toItems(product, catalog, ctx.settings.fileUrl)).map((item) => [item.offerId, item])); // prettier-ignore
  const decided = fixes.map((fix) => decide(fix, byOffer.get(fix.offerId), items.get(fix.offerId), catalog));
  const writes = found.flatMap((product) => {
    const own = decided.filter(({ productId }) => productId === product.id);
    if (own.length === 0) return [];
    const changes = own.map(({ fix }) => ({
      variant: product.variants.find(({ offerId }) => offerId === fix.offerId)?.sourceId ?? '',
      field: fix.field,
      value: fix.value ?? undefined,
    }));
    return { product, overrides: withOverrides(product, changes, by, at) };
  });
  return { at, decided, writes };
}

function decide(
  fix: Fix,
  product: StoredProduct | undefined,
  item: Item | undefined,
  catalog: Catalog,
): Decided {
  const { offerId, field, value } = fix;
  if (!product || !item)
    return { fix, result: { offerId, field, outcome: 'refused', message: `There is no item "${offerId}".` } };
  const current = readField(item, field);
  const override = findOverride(product, item.variantId, field);
  const own = override?.variant === undefined ? undefined : override;
  const isSeen = fix.seen === undefined || (fix.seen ?? undefined) === current;
  const isExpected = fix.expects === undefined || (fix.expects ?? undefined) === own?.value;
  if (!isSeen || !isExpected) {
    const who = override ? { by: override.by, at: override.at } : {};
    return { fix, result: { offerId, field, outcome: 'conflict', current: current ?? null, ...who } };
  }
  try {
    if (value !== null) checkOverride(field, value, catalog);
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    const hint = error.hint === undefined ? {} : { hint: error.hint };
    return { fix, result: { offerId, field, outcome: 'refused', message: error.message, ...hint } };
  }
  if ((own?.value ?? null) === value) return { fix, result: { offerId, field, outcome: 'same' } };
  const entry: ChangeEntry = { offerId, field, before: own?.value ?? null, after: value };
  if (current !== undefined) entry.seen = current;
  return { fix, result: { offerId, field, outcome: 'done' }, productId: product.id, entry };
}

/** What a fix would come to: the value before and after, and what is still wrong then at each channel. */
export interface FixPreview {
  offerId: string;
  field: string;
  before: string | null;
  after: string | null;
  /** Problems of this item that are gone, still there, and new. */
  gone: CardProblem[];
  left: CardProblem[];
  new: CardProblem[];
  refused?: string;
}

/** Tries fixes on the items in hand; nothing is written. */
export async function previewFixes(
  catalogId: string,
  fixes: readonly Fix[],
  by: string,
  ctx: JobContext,
): Promise<FixPreview[]> {
  const { catalogs, products } = ctx.stores;
  const catalog = await catalogs.find(catalogId);
  const found = await products.findByOfferIds(catalogId, [...new Set(fixes.map(({ offerId }) => offerId))]);
  const { decided, writes } = planFixes(found, fixes, catalog, by, ctx);
  const changed = new Map(writes.map(({ product, overrides }) => [product.id, { ...product, overrides }]));
  const before = new Map(found.flatMap((product) => [...checkProduct(product, catalog, ctx)]));
  const after = new Map(
    found.flatMap((product) => [...checkProduct(changed.get(product.id) ?? product, catalog, ctx)]),
  );
  return decided.map(({ fix, result }): FixPreview => {
    const [was, is] = [before.get(fix.offerId), after.get(fix.offerId)];
    const [had, has] = [was?.problems ?? [], is?.problems ?? []];
    return {
      offerId: fix.offerId,
      field: fix.field,
      before: (was && readField(was.item, fix.field)) ?? null,
      after: (is && readField(is.item, fix.field)) ?? null,
      gone: had.filter((one) => !has.some((other) => isSameProblem(one, other))),
      left: has.filter((one) => had.some((other) => isSameProblem(one, other))),
      new: has.filter((one) => !had.some((other) => isSameProblem(one, other))),
      ...(result.outcome === 'refused' ? { refused: result.message } : {}),
    };
  });
}

const isSameProblem = (a: CardProblem, b: CardProblem): boolean => a.code === b.code && a.field === b.field;

/** Our own check of each item of a product, merged over the catalog's channels. */
export function checkProduct(
  product: StoredProduct,
  catalog: Catalog,
  ctx: JobContext,
): Map<string, { item: Item; problems: CardProblem[]; byChannel: Map<string, Issue[]> }> {
  const items = toItems(product, catalog, ctx.settings.fileUrl);
  const channels = catalog.channels.flatMap((id) => ctx.channels.get(id) ?? []);
  const checked = channels.map((channel) => ({ channel: channel.id, of: checkItems(items, channel.spec) }));
  return new Map(
    items.map((item, at) => {
      const byChannel = new Map(checked.map(({ channel, of }) => [channel, of[at] ?? []]));
      const said = checked.map(({ channel, of }) => ({ channel, issues: of[at] ?? [] }));
      const problems = mergeProblems(said.length > 0 ? said : [{ issues: item.issues }]);
      return [item.offerId, { item, problems, byChannel }];
    }),
  );
}
