/**
 * The browser of the end-to-end tests: Debian's own, installed when it is missing and this user may. Run before the
 * tests; where it cannot be, it says so, and the tests that need it are skipped where everybody sees it.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { env, getuid, stderr } from 'node:process';

const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
const folders = [...(env['PATH'] ?? '').split(delimiter), '/usr/bin'];

export function findChromium(): string | undefined {
  const paths = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  return paths.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function install(): string | undefined {
  if (getuid?.() !== 0) return 'this user may not install packages';
  const apt = (...words: string[]) =>
    spawnSync('apt-get', ['-qq', ...words], {
      env: { ...env, DEBIAN_FRONTEND: 'noninteractive' },
      encoding: 'utf8',
    });
  apt('update');
  const {
    status,
    stderr: told,
    error,
  } = apt('install', '-y', '--no-install-recommends', 'chromium', 'fonts-dejavu-core');
  return status === 0 ? undefined : (error?.message ?? told.trim().split('\n').at(-1) ?? 'apt-get failed');
}

if (import.meta.main && !findChromium()) {
  stderr.write('Installing Chromium for the end-to-end tests …\n');
  const reason = install();
  if (!findChromium())
    stderr.write(
      `Chromium cannot be installed (${reason ?? 'unknown'}): the end-to-end tests are skipped.\n`,
    );
}
