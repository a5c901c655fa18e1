/** A disk of its own that can be filled up: a small tmpfs, where we may mount one. */
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export interface SmallDisk {
  /** Takes all that is left. */
  fill(): void;
  free(): void;
  unmount(): void;
}

/** Undefined where mounting is not allowed: the disk is then never filled, which the harness says. */
export function mountSmallDisk(folder: string): SmallDisk | undefined {
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=512m,mode=700', 'tmpfs', folder], {
    stdio: 'ignore',
  });
  if (mounted.status !== 0) return undefined;
  const ballast = join(folder, 'ballast');
  return {
    fill() {
      const file = openSync(ballast, 'a');
      try {
        for (let size = 1024 * 1024; size >= 4_096;) {
          try {
            writeSync(file, Buffer.alloc(size));
          } catch {
            size /= 2;
          }
        }
      } finally {
        closeSync(file);
      }
    },
    free: () => rmSync(ballast, { force: true }),
    unmount: () => void spawnSync('umount', ['-l', folder], { stdio: 'ignore' }),
  };
}
