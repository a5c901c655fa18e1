/**
 * Builds the admin page when the built one is missing or older than its source; `npm start`, `npm run demo` and
 * `npm test` call it first, and find nothing to do most times. `--force` builds anyway.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const folder = import.meta.dirname;
/** The built page, as the web server serves it. */
export const builtFolder = join(folder, 'dist');
const stampPath = join(builtFolder, 'built-from.txt');

/** What the page is made of: its source, and the versions of its libraries. */
function stampOf(): string {
  const hash = createHash('sha256');
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.startsWith(builtFolder))
    .sort();
  for (const path of [...paths, join(folder, '../../package-lock.json')])
    if (existsSync(path)) hash.update(path.slice(folder.length)).update(readFileSync(path));
  return hash.digest('hex');
}

export const isBuilt = (): boolean =>
  existsSync(stampPath) && readFileSync(stampPath, 'utf8').trim() === stampOf();

/** Answers whether there was something to do. */
export async function buildPage(force = false): Promise<boolean> {
  if (!force && isBuilt()) return false;
  const { build } = await import('vite');
  await build({ configFile: join(folder, 'vite.config.ts'), logLevel: 'warn' });
  compressFiles();
  writeFileSync(stampPath, `${stampOf()}\n`);
  return true;
}

/** Beside each script and sheet its compressed forms, so that the server need not compress at each request. */
function compressFiles(): void {
  for (const name of readdirSync(builtFolder, { recursive: true, encoding: 'utf8' })) {
    if (!/\.(js|css|svg)$/.test(name)) continue;
    const path = join(builtFolder, name);
    const content = readFileSync(path);
    const params = { [constants.BROTLI_PARAM_QUALITY]: 9 };
    writeFileSync(`${path}.br`, brotliCompressSync(content, { params }));
    writeFileSync(`${path}.gz`, gzipSync(content));
  }
}

const hasCompiler = (): boolean => {
  try {
    createRequire(import.meta.url).resolve('vite/package.json');
    return true;
  } catch {
    return false;
  }
};

if (import.meta.main) {
  const force = process.argv.includes('--force');
  if (hasCompiler()) {
    const from = performance.now();
    if (await buildPage(force))
      process.stderr.write(`Built the admin page in ${((performance.now() - from) / 1_000).toFixed(1)} s.\n`);
  } else if (!existsSync(stampPath))
    process.stderr.write(
      'The admin page is not built, and its compiler is not installed: only the API serves.\n',
    );
}
