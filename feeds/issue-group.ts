/** Problems of many items that one kind of cure mends: the same code and field, merged over channels. Pure. */
import type { CardProblem, ItemCard } from './card.ts';
import { topCategory } from './card-keys.ts';

/** How many items have a problem in one and the same way; the key of a group's counts. */
export interface Cell {
  severity: 'error' | 'warning';
  channels: string[];
  category: string;
  /** The cure sets the item free at one channel at least. */
  frees: boolean;
  /** A value that may be applied to many at once is known. */
  suggested: boolean;
  /** Put aside by a person. */
  muted: boolean;
}

export interface IssueGroup {
  code: string;
  field?: string;
  severity: 'error' | 'warning';
  message: string;
  hint?: string;
  link?: string;
  from: CardProblem['from'];
  channels: string[];
  /** Items that have it. */
  items: number;
  /** Items that it blocks or that were rejected for it. */
  blocked: number;
  /** Items that its cure alone sets free at one channel at least. */
  frees: number;
  /** Items for which a value is suggested. */
  suggested: number;
  /** Items put aside by people; not in the other counts. */
  muted: number;
  /** When it was first seen in this catalog; absent where it was counted before that was kept. */
  since?: Date;
}

export interface GroupFilter {
  channel?: string;
  severity?: 'error' | 'warning';
  /** The first level of the merchant's own path. */
  category?: string;
}

/** A group as it is kept: words from one of its problems, and how many items are in each cell. */
export interface CountedGroup {
  code: string;
  field?: string;
  message: string;
  hint?: string;
  link?: string;
  from: CardProblem['from'];
  since?: Date;
  cells: Record<string, number>;
}

// field names of a document may hold neither dots nor dollars
const guard = (text: string): string =>
  text.replaceAll('.', '\u2024').replaceAll('$', '\uff04').replaceAll('|', '\u00a6');
const unguard = (text: string): string => text.replaceAll('\u2024', '.').replaceAll('\uff04', '$');

export function cellOf(card: ItemCard, problem: CardProblem): string {
  const flags = [
    problem.frees.length > 0 ? 'f' : '',
    problem.suggested ? 's' : '',
    problem.muted ? 'm' : '',
  ].join('');
  return [
    problem.severity === 'error' ? 'e' : 'w',
    flags,
    problem.channels.map(guard).join(','),
    guard(topCategory(card.category) ?? ''),
  ].join('|');
}

export function parseCell(key: string): Cell {
  const [severity, flags = '', channels = '', category = ''] = key.split('|');
  return {
    severity: severity === 'e' ? 'error' : 'warning',
    channels: channels === '' ? [] : channels.split(',').map(unguard),
    category: unguard(category),
    frees: flags.includes('f'),
    suggested: flags.includes('s'),
    muted: flags.includes('m'),
  };
}

/** The groups that fit the filter, those that block most first. */
export function sumGroups(groups: readonly CountedGroup[], filter: GroupFilter): IssueGroup[] {
  return groups
    .flatMap((group) => sumGroup(group, filter) ?? [])
    .sort(
      (a, b) => b.blocked - a.blocked || b.frees - a.frees || b.items - a.items || (a.code < b.code ? -1 : 1),
    );
}

function sumGroup({ cells, ...words }: CountedGroup, filter: GroupFilter): IssueGroup | undefined {
  const sum: IssueGroup = { ...words, severity: 'warning', channels: [], items: 0, blocked: 0, frees: 0, suggested: 0, muted: 0 }; // prettier-ignore
  const channels = new Set<string>();
  for (const [key, count] of Object.entries(cells)) {
    if (count <= 0) continue;
    const cell = parseCell(key);
    if (filter.channel !== undefined && !cell.channels.includes(filter.channel)) continue;
    if (filter.severity !== undefined && cell.severity !== filter.severity) continue;
    if (filter.category !== undefined && cell.category !== filter.category) continue;
    for (const channel of cell.channels) channels.add(channel);
    if (cell.muted) {
      sum.muted += count;
      continue;
    }
    sum.items += count;
    if (cell.severity === 'error') {
      sum.severity = 'error';
      sum.blocked += count;
    }
    if (cell.frees) sum.frees += count;
    if (cell.suggested) sum.suggested += count;
  }
  sum.channels = [...channels].sort();
  return sum.items + sum.muted > 0 ? sum : undefined;
}

/** Every first-level category of these groups with how many problems it has, the largest first. */
export function countCategories(groups: readonly CountedGroup[]): { category: string; problems: number }[] {
  const counts = new Map<string, number>();
  for (const { cells } of groups)
    for (const [key, count] of Object.entries(cells)) {
      const { category, muted } = parseCell(key);
      if (count > 0 && !muted && category !== '') counts.set(category, (counts.get(category) ?? 0) + count);
    }
  return [...counts]
    .map(([category, problems]) => ({ category, problems }))
    .sort((a, b) => b.problems - a.problems);
}
