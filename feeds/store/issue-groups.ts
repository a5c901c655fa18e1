/** Counts of problems by code and field, kept in step with the cards: reading the groups never looks at items. */
import { isDeepStrictEqual } from 'node:util';
import { defineCollection, idOf, inCatalog, type Connection } from '../../catalog/store/model.ts';
import { problemId, type CardProblem, type ItemCard } from '../card.ts';
import { cellOf, type CountedGroup } from '../issue-group.ts';

interface GroupDocument extends CountedGroup {
  /** `{catalogId}:{code}/{field}` */
  _id: string;
  catalogId: string;
}

/** What a card was and what it is; undefined: it did not exist, or is no more. */
export interface CardChange {
  before: ItemCard | undefined;
  after: ItemCard | undefined;
}

export type IssueGroupStore = ReturnType<typeof createIssueGroupStore>;

export function createIssueGroupStore(connection: Connection) {
  const { collection, sync } = defineCollection<GroupDocument>(connection, 'issue_groups', []);

  /** `since`: when groups that were just taken away had first been seen. */
  async function add(
    catalogId: string,
    deltas: ReadonlyMap<string, Delta>,
    since: ReadonlyMap<string, Date | undefined> = new Map(),
  ): Promise<void> {
    const operations = [...deltas].flatMap(([id, { words, cells }]) => {
      const changed = Object.entries(cells).filter(([, count]) => count !== 0);
      if (changed.length === 0) return [];
      const inc = Object.fromEntries(changed.map(([cell, count]) => [`cells.${cell}`, count]));
      return {
        updateOne: {
          filter: { _id: idOf(catalogId, id) },
          update: {
            $set: { catalogId, ...words },
            $inc: inc as never,
            $setOnInsert: { since: since.get(idOf(catalogId, id)) ?? new Date() },
          },
          upsert: true,
        },
      };
    });
    if (operations.length > 0) await collection.bulkWrite(operations, { ordered: false });
  }

  return {
    sync,
    /** Keeps the counts in step with cards that were written. */
    async apply(changes: readonly CardChange[]): Promise<void> {
      const byCatalog = new Map<string, Map<string, Delta>>();
      for (const { before, after } of changes) {
        if (before && after && isSameCount(before, after)) continue;
        const catalogId = (after ?? before)?.catalogId ?? '';
        const deltas = byCatalog.get(catalogId) ?? new Map<string, Delta>();
        byCatalog.set(catalogId, deltas);
        if (before) gather(deltas, before, -1);
        if (after) gather(deltas, after, 1);
      }
      for (const [catalogId, deltas] of byCatalog) await add(catalogId, deltas);
    },
    async list(catalogId: string): Promise<CountedGroup[]> {
      const found = await collection.find({ _id: inCatalog(catalogId) }).toArray();
      return found.map(({ _id: _, catalogId: __, ...group }) => group);
    },
    async find(
      catalogId: string,
      code: string,
      field: string | undefined,
    ): Promise<CountedGroup | undefined> {
      const found = await collection.findOne({ _id: idOf(catalogId, problemId({ code, field })) });
      if (!found) return undefined;
      const { _id: _, catalogId: __, ...group } = found;
      return group;
    },
    /** Counts anew from all cards, after a kill between a card and its count. */
    async recount(catalogId: string, cards: AsyncIterable<ItemCard>): Promise<void> {
      const deltas = new Map<string, Delta>();
      for await (const card of cards) gather(deltas, card, 1);
      const known = await collection.find({ _id: inCatalog(catalogId) }).toArray();
      await collection.deleteMany({ _id: inCatalog(catalogId) });
      await add(catalogId, deltas, new Map(known.map(({ _id, since }) => [_id, since])));
    },
  };
}

/** Most cards change in their status alone. */
const isSameCount = (before: ItemCard, after: ItemCard): boolean =>
  before.category === after.category && isDeepStrictEqual(before.problems, after.problems);

interface Delta {
  words: Omit<CountedGroup, 'cells' | 'since'>;
  cells: Record<string, number>;
}

function gather(deltas: Map<string, Delta>, card: ItemCard, sign: 1 | -1): void {
  for (const problem of card.problems) {
    const id = problemId(problem);
    const delta = deltas.get(id) ?? { words: toWords(problem), cells: {} };
    deltas.set(id, delta);
    const cell = cellOf(card, problem);
    delta.cells[cell] = (delta.cells[cell] ?? 0) + sign;
  }
}

function toWords({ code, field, message, hint, link, from }: CardProblem): Delta['words'] {
  return {
    code, message, from,
    ...(field === undefined ? {} : { field }), ...(hint === undefined ? {} : { hint }), ...(link === undefined ? {} : { link }),
  }; // prettier-ignore
}
