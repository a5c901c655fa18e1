/** The admin page as built from the source at hand; a process of its own, since the compiler does not run inside jest. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

export function buildPage(): void {
  const script = join(import.meta.dirname, '../../services/admin/build.ts');
  execFileSync(process.execPath, [script], { stdio: ['ignore', 'ignore', 'pipe'] });
}
