/** Reads a CSV text or file to the end and counts what came. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Catalog, catalogSchema } from '../../../../catalog/catalog.ts';
import type { Context, Log } from '../../../../catalog/context.ts';
import type { Issue } from '../../../../catalog/issue.ts';
import type { ProductInput } from '../../../../catalog/product.ts';
import type { Bookmark } from '../../../../catalog/source.ts';
import { source } from '../../../../catalog/sources/csv/index.ts';
import type { TableOptions } from '../../../../catalog/tables/read-table.ts';

export const catalog: Catalog = catalogSchema.parse({
  id: 'shop', name: 'Shop', currency: 'EUR', country: 'DE', shopUrl: 'https://shop.example',
}); // prettier-ignore

const quiet: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => quiet,
};
const unused = (): never => {
  throw new Error('A CSV file needs nothing from outside.');
};
export const ctx: Context = {
  log: quiet,
  http: { fetch: unused },
  files: {
    put: unused, putFile: unused, open: unused, find: unused, list: unused, remove: unused, publicUrl: unused,
    temporaryFolder: unused,
  },
  now: () => new Date('2027-01-01T00:00:00Z'),
}; // prettier-ignore

export interface Result {
  format: string;
  details: Record<string, unknown>;
  products: ProductInput[];
  issues: (Issue & { record?: string })[];
  skipped: string[];
  records: number;
  restarts: number;
  complete: boolean;
  bookmark: Bookmark | undefined;
}

export async function readFile(
  options: TableOptions,
  from?: Bookmark,
  of: Catalog = catalog,
): Promise<Result> {
  let result: Result = {
    format: '', details: {}, products: [], issues: [], skipped: [], records: 0, restarts: 0, complete: false,
    bookmark: undefined,
  }; // prettier-ignore
  for await (const read of source.read(options, of, from, ctx)) {
    if ('records' in read) result.records += read.records;
    if (read.kind === 'found') Object.assign(result, { format: read.format, details: read.details });
    else if (read.kind === 'product') result.products.push(read.input);
    else if (read.kind === 'issue') {
      result.issues.push(read.record === undefined ? read.issue : { ...read.issue, record: read.record });
    } else if (read.kind === 'skip') result.skipped.push(read.reason);
    else if (read.kind === 'restart') {
      result = {
        ...result,
        products: [],
        issues: [],
        skipped: [],
        records: 0,
        restarts: result.restarts + 1,
      };
    } else if (read.kind === 'end')
      Object.assign(result, { complete: read.complete, bookmark: read.bookmark });
  }
  return result;
}

/** Writes `content` to a file of its own for the time of `use`. */
export async function withFile<T>(content: string | Buffer, use: (path: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'csv-'));
  try {
    const path = join(folder, 'catalog.csv');
    await writeFile(path, content);
    return await use(path);
  } finally {
    await rm(folder, { recursive: true });
  }
}

export const readText = (
  content: string | Buffer,
  options: Omit<TableOptions, 'path'> = {},
  from?: Bookmark,
): Promise<Result> => withFile(content, (path) => readFile({ ...options, path }, from));
