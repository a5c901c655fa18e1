/**
 * `npm run docs:coverage`: every field of each channel's specification, and from which field of an item it is sent, or why
 * it is not. The specifications lie outside the repository, in ../shared/specs.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { attributeNames } from '../catalog/product.ts';
import type { Item } from '../catalog/item.ts';
import { loadChannels, type Channel, type Column } from '../feeds/channel.ts';

interface SpecField {
  name: string;
  requirement: 'required' | 'conditional' | 'optional';
  condition?: string;
}
/** `feeds/channels/{id}/coverage.json`, beside the channel. */
interface Hints {
  /** Fields of the specification that have other names in our columns. */
  sentAs: Record<string, string[]>;
  /** Fields that no column holds but every request has, and what is sent there. */
  sentBeside?: Record<string, string>;
  /** Fields of another product of the same company, by a pattern with `*`: they do not count. */
  otherProduct?: Record<string, string>;
  /** Why a field is not sent. */
  notSent: Record<string, string>;
}

export interface CoverageRow {
  field: string;
  requirement: SpecField['requirement'];
  /** Fields of the item; `always` when it is the same for all. Absent: it is not sent. */
  from?: string[];
  why?: string;
  /** It belongs to another product, so it is no part of what could be sent. */
  isElsewhere?: true;
}

/** How many of the fields that this channel could take are really sent. */
export function countSent(rows: readonly CoverageRow[]): { sent: number; of: number; elsewhere: number } {
  const own = rows.filter(({ isElsewhere }) => !isElsewhere);
  return {
    sent: own.filter(({ from }) => from).length,
    of: own.length,
    elsewhere: rows.length - own.length,
  };
}

const root = join(import.meta.dirname, '..');
export const specFolder = join(root, '../shared/specs');
export const pagePath = join(root, 'docs/channels/coverage.md');

export async function makeCoverage(): Promise<Map<string, CoverageRow[]>> {
  const all = new Map<string, CoverageRow[]>();
  for (const [id, channel] of await loadChannels()) {
    const spec = JSON.parse(readFileSync(join(specFolder, `${id}.json`), 'utf8')) as SpecField[];
    const hints = readHints(id);
    all.set(id, spec.map((field) => cover(field, channel, hints))); // prettier-ignore
  }
  return all;
}

function readHints(id: string): Hints {
  const path = join(root, `feeds/channels/${id}/coverage.json`);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Hints) : { sentAs: {}, notSent: {} };
}

function cover({ name, requirement }: SpecField, channel: Channel, hints: Hints): CoverageRow {
  const names = hints.sentAs[name] ?? [name];
  const columns = channel.feed.columns.filter((column) => names.includes(column.name));
  const beside = hints.sentBeside?.[name];
  if (beside !== undefined) return { field: name, requirement, from: [], why: beside };
  const other = Object.entries(hints.otherProduct ?? {}).find(([pattern]) => isLike(name, pattern));
  if (other) return { field: name, requirement, why: `Of another product: ${other[1]}`, isElsewhere: true };
  const why = hints.notSent[name];
  if (columns.length === names.length)
    return { field: name, requirement, from: [...new Set(columns.flatMap(findSources))] };
  return { field: name, requirement, ...(why === undefined ? {} : { why }) };
}

const isLike = (name: string, pattern: string): boolean => {
  const [before = '', after = ''] = pattern.split('*');
  return name.startsWith(before) && name.endsWith(after);
};

/** What a column reads of an item, found by watching it read one that has everything. */
function findSources(column: Column): string[] {
  const read = new Set<string>();
  const attributes = Object.fromEntries(attributeNames.map((name) => [name, sampleOf(name)]));
  const watch = <T extends object>(target: T, prefix: string): T =>
    new Proxy(target, {
      get(of, key, receiver) {
        const value: unknown = Reflect.get(of, key, receiver);
        if (typeof key !== 'string') return value;
        if (key === 'attributes') return watch(value as object, '');
        read.add(prefix + key);
        return value;
      },
    });
  column.value(watch({ ...fullItem, attributes }, ''));
  const found = [...read].filter((name) => !['catalogId', 'issues', 'toJSON'].includes(name));
  return found.length === 0 ? ['always the same'] : found;
}

/** A value that the column's own checks let through. */
function sampleOf(name: string): string {
  if (name === 'shipping') return 'DE::DHL:4.90 EUR';
  if (name === 'tax') return 'DE::19:y';
  if (name === 'installment') return '6:10.00 EUR';
  if (/free_shipping_limit|price|cost/.test(name)) return '10.00 EUR';
  if (/shipping_(?:length|width|height)/.test(name)) return '20 cm';
  if (/weight|length|width|height|measure/.test(name)) return '1 kg';
  if (/date/.test(name)) return '2026-12-31';
  if (/link|url|redirect/.test(name)) return 'https://shop.example/a';
  if (/info|address/.test(name)) return '{"a":"b"}';
  return name === 'condition' ? 'new' : '1';
}

const day = (text: string): Date => new Date(`${text}T00:00:00Z`);
const image = (name: string) => ({
  url: `https://cast.example/${name}.jpg`, width: 1200, height: 1200, bytes: 200_000, format: 'jpeg' as const,
  sourceUrl: `https://shop.example/${name}.jpg`,
}); // prettier-ignore
const fullItem: Item = {
  catalogId: 'demo', productId: 'demo:p', variantId: 'v', offerId: 'V-1', itemGroupId: 'p', title: 'Shirt',
  description: 'A shirt.', descriptionHtml: '<p>A shirt.</p>', link: 'https://shop.example/p',
  images: [image('a'), image('b')], price: { minor: 1_000, currency: 'EUR' }, salePrice: { minor: 900, currency: 'EUR' },
  saleStarts: day('2026-12-01'), saleEnds: day('2026-12-24'), availability: 'in_stock', quantity: 3, brand: 'Loom',
  gtin: '4006381333931', options: [{ name: 'Size', value: 'M' }, { name: 'Scent', value: 'Pine' }], tags: ['new'],
  attributes: {}, currency: 'EUR', country: 'DE', language: 'en', issues: [], overridden: [],
}; // prettier-ignore

const short = { required: 'R', conditional: 'C', optional: 'O' } as const;

const percent = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(1)} %`;

export function toPage(coverage: ReadonlyMap<string, readonly CoverageRow[]>): string {
  const totals = [...coverage].map(([id, rows]) => {
    const { sent, of, elsewhere } = countSent(rows);
    const told = rows.filter(({ from, why }) => from ?? why).length;
    return `| ${id} | ${rows.length} | ${elsewhere} | ${sent} of ${of} | ${percent(sent, of)} | ${told} of ${rows.length} |`;
  });
  const parts = [...coverage].map(([id, rows]) => {
    const lines = rows.map(({ field, requirement, from, why, isElsewhere }) => {
      const names = from?.map((name) => `\`${name}\``).join(', ');
      const says = names === undefined || names === '' ? (why ?? '**not decided**') : names;
      return `| \`${field}\` | ${short[requirement]} | ${isElsewhere ? '–' : from ? 'yes' : 'no'} | ${says} |`;
    });
    return `## ${id}\n\n| field | need | sent | from which field of the item, or why not |\n|---|---|---|---|\n${lines.join('\n')}\n`;
  });
  return `# Which field of a channel comes from where

Made by \`npm run docs:coverage\` from the channels' specifications and our own columns; a test compares it with both.
R required, C required under a condition, O optional. "Of another product" are fields in the same specification that the
channel's own catalog does not have; they are left out of the share that is sent.

| channel | fields | of another product | really sent | share | sent, or not with a reason |
|---|---|---|---|---|---|
${totals.join('\n')}

${parts.join('\n')}`;
}

if (import.meta.main) {
  writeFileSync(pagePath, toPage(await makeCoverage()));
  process.stdout.write(`${pagePath} is written.\n`);
}
