/**
 * Builds the admin page when the built one is missing or older than its source; `npm start`, `npm run demo` and
 * `npm test` call it first, and find nothing to do most times. `--force` builds anyway.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { env } from 'node:process';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const folder = import.meta.dirname;
/** The built page, as the web server serves it. */
export const builtFolder = join(folder, 'dist');
const stampName = 'built-from.txt';
const stampPath = join(builtFolder, stampName);

/** What the page is made of: its source, and the versions of its libraries. */
function stampOf(): string {
  const hash = createHash('sha256');
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.startsWith(builtFolder))
    .sort();
  const root = join(folder, '../..');
  for (const path of [
    ...paths,
    join(root, 'catalog/run.ts'),
    join(root, 'services/accounts/roles.ts'),
    join(root, 'package-lock.json'),
  ])
    if (existsSync(path)) hash.update(path.slice(folder.length)).update(readFileSync(path));
  return hash.digest('hex');
}

const isBuiltFrom = (stamp: string): boolean =>
  existsSync(stampPath) && readFileSync(stampPath, 'utf8').trim() === stamp;

/** Answers whether there was something to do. The finished page takes the old one's place whole. */
async function buildPage(force: boolean): Promise<boolean> {
  const stamp = stampOf();
  if (!force && isBuiltFrom(stamp)) return false;
  // whoever calls: a test runner's "test" would build the libraries' slow and large forms for developers
  env['NODE_ENV'] = 'production';
  const { build } = await import('vite');
  const half = `${builtFolder}.${process.pid}`;
  try {
    await build({
      configFile: join(folder, 'vite.config.ts'),
      logLevel: 'warn',
      build: { outDir: half, emptyOutDir: true },
    });
    compressFiles(half);
    writeFileSync(join(half, stampName), `${stamp}\n`);
    rmSync(builtFolder, { recursive: true, force: true });
    renameSync(half, builtFolder);
  } catch (error) {
    // another process that built the same was faster
    if (!isBuiltFrom(stamp)) throw error;
  } finally {
    rmSync(half, { recursive: true, force: true });
  }
  return true;
}

/** Beside each script and sheet its compressed forms, so that the server need not compress at each request. */
function compressFiles(place: string): void {
  for (const name of readdirSync(place, { recursive: true, encoding: 'utf8' })) {
    if (!/\.(js|css|svg)$/.test(name)) continue;
    const path = join(place, name);
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
