import type { Doc } from './bson-bytes.ts';
import type { Data } from './data-file.ts';
import { compileFilter } from './filter.ts';
import { prefixed, type Index } from './index-keys.ts';
import { toPicked, type Picked } from './pick-paths.ts';
import type { Tree } from './tree.ts';

/**
 * Documents and indexes in one LMDB tree. Every key begins with four bytes: 0 to 15 for the store's own records,
 * otherwise the number of a collection or index, never used again. So a drop is one small write, and what lay under
 * the number is cleared away in pieces afterwards.
 */
export const RECORD = { store: 0, namespace: 1, size: 2, trash: 3, lock: 4 } as const;

export type Collection = {
  ns: string;
  id: number;
  indexes: Index[];
  /** Top-level fields that some index looks at; undefined = any. */
  indexedFields: Picked | undefined;
  options: Doc;
  count: number;
  bytes: number;
};

export type Storage = {
  folder: string;
  db: Data;
  /** The same data, for reading between transactions. */
  tree: Tree;
  /** Documents and index entries written in the transaction under way, and how often they were looked at. */
  written: number;
  looks: number;
  /** False where mapping the file anew has failed: whoever writes next tries again. */
  isOpen: boolean;
  residentAtOpen: number;
  isWriting: boolean;
  collections: Map<string, Collection>;
  nextId: number;
  dirty: Set<Collection>;
};

export const idBytes = (id: number) => prefixed(id);

export function toCollection(ns: string, record: Doc): Collection {
  const indexes = (record['indexes'] as Doc[]).map(toIndex);
  return {
    ns,
    id: record['id'] as number,
    indexes,
    indexedFields: indexedFields(indexes),
    options: (record['options'] ?? {}) as Doc,
    count: 0,
    bytes: 0,
  };
}

export function indexedFields(indexes: readonly Index[]): Picked | undefined {
  const fields: string[][] = [];
  for (const { paths, partial, isPrimary } of indexes) {
    if (isPrimary) continue;
    if (partial !== undefined && partial.fields === undefined) return undefined;
    fields.push(...paths);
    for (const field of partial?.fields ?? []) fields.push([field]);
  }
  return toPicked(fields);
}

export function toIndex(record: Doc): Index {
  const options = record['options'] as Doc;
  const key = options['key'] as Doc;
  const partial = options['partialFilterExpression'] as Doc | undefined;
  const isPrimary = options['name'] === '_id_';
  return {
    id: record['id'] as number,
    name: options['name'] as string,
    key,
    paths: Object.keys(key).map((path) => path.split('.')),
    directions: Object.values(key).map((direction) => (Number(direction) < 0 ? -1 : 1)),
    isUnique: options['unique'] === true || isPrimary,
    isSparse: options['sparse'] === true,
    partial: partial === undefined ? undefined : compileFilter(partial),
    options,
    isMultikey: record['isMultikey'] === true,
    isCut: record['isCut'] === true,
    saved: { isMultikey: record['isMultikey'] === true, isCut: record['isCut'] === true },
    isPrimary,
  };
}

export const toRecord = ({ id, options, indexes }: Collection): Doc => ({
  id,
  options,
  indexes: indexes.map((index) => ({
    id: index.id,
    options: index.options,
    isMultikey: index.isMultikey,
    isCut: index.isCut,
  })),
});
