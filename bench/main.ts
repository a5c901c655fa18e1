/** `npm run bench -- [name …] [--json FILE]`: one file of this folder per name; each alone in a process of its own. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { BenchResult } from './result.ts';
import { printTable } from './table.ts';

const notBenches = new Set([
  'main',
  'house',
  'refresh',
  'soak',
  'result',
  'run-one',
  'generate',
  'shop',
  'feed-peak',
  'table',
  'pretend',
  'push',
  'push-shop',
  'vipsthumbnail',
]);
const { values, positionals } = parseArgs({ options: { json: { type: 'string' } }, allowPositionals: true });
const all = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.slice(0, -3))
  .filter((name) => !notBenches.has(name));
const unknown = positionals.filter((name) => !all.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`There is no bench ${unknown.join(', ')}; there are: ${all.join(', ')}\n`);
  process.exit(2);
}

const results: BenchResult[] = [];
const folder = mkdtempSync(join(tmpdir(), 'bench-'));
for (const name of positionals.length > 0 ? positionals : all) {
  const out = join(folder, `${name}.json`);
  const { status } = spawnSync(
    process.execPath,
    ['--expose-gc', join(import.meta.dirname, 'run-one.ts'), name, out],
    { stdio: 'inherit' },
  );
  if (status !== 0) process.exitCode = 1;
  else results.push(...(JSON.parse(readFileSync(out, 'utf8')) as BenchResult[]));
}
rmSync(folder, { recursive: true });
printTable(results);
if (values.json) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`);
