/** docs/errors.md against the code: operators look codes up there. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const root = join(import.meta.dirname, '..');
const page = readFileSync(join(root, 'docs/errors.md'), 'utf8');
const documented = [...page.matchAll(/`([a-z0-9_*]+)`/g)].map(([, code]) => code ?? '');
const isOurs = (file: string): boolean =>
  file.endsWith('.ts') && !/^(?:sandbox|embedded-store|admin)\//.test(file);
const source = ['catalog', 'feeds', 'jobs', 'services']
  .flatMap((layer) =>
    readdirSync(join(root, layer), { recursive: true, encoding: 'utf8' })
      .filter(isOurs)
      .map((file) => readFileSync(join(root, layer, file), 'utf8')),
  )
  .join('\n');

const isDocumented = (code: string): boolean =>
  documented.some((one) => new RegExp(`^${one.replaceAll('*', '\\w+')}$`).test(code));

test('every code that is thrown is in docs/errors.md', () => {
  const thrown = [...source.matchAll(/new \w+Error\(\s*'([a-z0-9_]+)'/g)].map(([, code]) => code ?? '');
  expect(thrown.length).toBeGreaterThan(150);
  expect(thrown.filter((code) => !isDocumented(code))).toEqual([]);
});

test('every code in docs/errors.md is in the source', () => {
  // made from a channel's name, where they mean the same at each
  const made = /^(?:google|meta|pinterest|snapchat|tiktok)_no_answer$/;
  const unknown = documented.filter((code) => !code.includes('*') && !made.test(code));
  expect(unknown.filter((code) => !source.includes(`'${code}'`))).toEqual([]);
});
