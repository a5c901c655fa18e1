/** libvips' own command for small pictures, from Debian's package: for context beside the bench of images. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { env, getuid, stderr } from 'node:process';

const debianPackage = 'libvips-tools';

/** Undefined when it can be run; otherwise why it is not there. Installs it where it is missing and this user may. */
export function installVipsthumbnail(): string | undefined {
  if (isThere()) return undefined;
  if (getuid?.() !== 0) return `${debianPackage} is not installed, and this user may not install it`;
  stderr.write(`Installing ${debianPackage} for the bench of images …\n`);
  const first = install();
  if (first !== undefined) {
    apt('update');
    const again = install();
    if (again !== undefined) return `${debianPackage} cannot be installed: ${again}`;
  }
  return isThere() ? undefined : `${debianPackage} holds no vipsthumbnail`;
}

const isThere = (): boolean => spawnSync('vipsthumbnail', ['--version']).status === 0;

const apt = (...words: string[]) =>
  spawnSync('apt-get', ['-qq', ...words], {
    env: { ...env, DEBIAN_FRONTEND: 'noninteractive' },
    encoding: 'utf8',
  });

function install(): string | undefined {
  const { status, stderr: told, error } = apt('install', '-y', '--no-install-recommends', debianPackage);
  return status === 0 ? undefined : (error?.message ?? told.trim().split('\n').at(-1) ?? 'apt-get failed');
}

/** All these files scaled into `size`, in one process: it has no way to pad, and libvips shares its threads out itself. */
export function runVipsthumbnail(folder: string, names: readonly string[], size: string, out: string): void {
  const files = names.map((name) => join(folder, name));
  const { status, stderr: told } = spawnSync(
    'vipsthumbnail',
    ['--size', size, '-o', `${out}/%s.jpg[Q=86]`, ...files],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`vipsthumbnail failed: ${told.trim()}`);
}
