/**
 * `npm run taxonomy:add -- FILE`: takes one of Google's own files of its product taxonomy, as Google publishes them
 * (taxonomy-with-ids.de-DE.txt, see https://support.google.com/merchants/answer/6324436), into this folder, in the
 * compact form that catalog/taxonomy.ts reads. The language comes from the file's name, the version from its first line.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { gzipSync } from 'node:zlib';

const [file = ''] = process.argv.slice(2);
const [, locale] = /([a-z]{2}-[A-Z]{2})\.txt$/.exec(basename(file)) ?? [];
if (locale === undefined) throw new Error('Give a file that is named like taxonomy-with-ids.de-DE.txt.');
const lines = (await readFile(file, 'utf8')).split(/\r?\n/);
const [, version] = /Taxonomy_Version: (\d{4}-\d{2}-\d{2})/.exec(lines[0] ?? '') ?? [];
if (version === undefined) throw new Error("The first line does not tell the taxonomy's version.");

const idByPath = new Map<string, string>();
const rows = [`#\t${locale}\t${version}`];
for (const line of lines.slice(1)) {
  const [, id = '', path = ''] = /^(\d+) - (.+)$/.exec(line.trim()) ?? [];
  if (id === '') continue;
  const names = path.split(' > ');
  idByPath.set(path, id);
  rows.push([id, idByPath.get(names.slice(0, -1).join(' > ')) ?? '', names.at(-1)].join('\t'));
}
await writeFile(
  new URL(`./${locale}.tsv.gz`, import.meta.url),
  gzipSync(`${rows.join('\n')}\n`, { level: 9 }),
);
process.stdout.write(`${locale}: ${rows.length - 1} categories of version ${version}\n`);
