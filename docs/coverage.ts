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
  /** Why a field is not sent. */
  notSent: Record<string, string>;
}

export interface CoverageRow {
  field: string;
  requirement: SpecField['requirement'];
  /** Fields of the item; `always` when it is the same for all. */
  from?: string[];
  why?: string;
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
  const why = hints.notSent[name];
  if (columns.length === names.length)
    return { field: name, requirement, from: [...new Set(columns.flatMap(findSources))] };
  return { field: name, requirement, ...(why === undefined ? {} : { why }) };
}

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
  if (/price|cost/.test(name)) return '10.00 EUR';
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

export function toPage(coverage: ReadonlyMap<string, readonly CoverageRow[]>): string {
  const parts = [...coverage].map(([id, rows]) => {
    const sent = rows.filter(({ from }) => from).length;
    const lines = rows.map(({ field, requirement, from, why }) => {
      const says = from ? from.map((name) => `\`${name}\``).join(', ') : (why ?? '**not decided**');
      return `| \`${field}\` | ${short[requirement]} | ${from ? 'yes' : 'no'} | ${says} |`;
    });
    return `## ${id}\n\n${sent} of ${rows.length} fields are sent; for the others the reason is given.\n\n| field | need | sent | from which field of the item, or why not |\n|---|---|---|---|\n${lines.join('\n')}\n`;
  });
  return `# Which field of a channel comes from where\n\nMade by \`npm run docs:coverage\` from the channels' specifications and our own columns; a test compares it with both.\nR required, C required under a condition, O optional.\n\n${parts.join('\n')}`;
}

if (import.meta.main) {
  writeFileSync(pagePath, toPage(await makeCoverage()));
  process.stdout.write(`${pagePath} is written.\n`);
}
