/** Twenty rounds of the harness of faults, half of them on Redis, half on the embedded queue. Many more: `npm run test:faults`. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from '@jest/globals';

describe('the whole system, injured at random', () => {
  it('ends with exactly the valid items at the channel, every run ended, and reports that add up', async () => {
    const child = spawn(
      process.execPath,
      [join(import.meta.dirname, 'faults/main.ts'), '--rounds', '20', '--seed', '1'],
      {
        env: { PATH: process.env['PATH'] ?? '' },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    const [said, failure] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
    expect(`${failure.replaceAll(/^.*Warning.*\n/gm, '')}${said}`).toMatch(/20 rounds held, 0 did not\.\n$/);
  }, 1_500_000);
});
