import { describe, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { makeCoverage, pagePath, specFolder, toPage } from '../docs/coverage.ts';

const isThere = existsSync(specFolder);
if (!isThere) process.stderr.write('The coverage page is not compared: ../shared/specs is absent.\n');

(isThere ? describe : describe.skip)('the coverage of the channels’ specifications', () => {
  it('is what the page says', async () => {
    expect(await readFile(pagePath, 'utf8')).toBe(toPage(await makeCoverage()));
  });

  it('leaves no field without its source or a reason', async () => {
    for (const [id, rows] of await makeCoverage()) {
      const open = rows.filter(({ from, why }) => !from && !why).map(({ field }) => field);
      expect({ id, open }).toEqual({ id, open: [] });
      expect(rows.filter(({ from, why }) => from ?? why).length / rows.length).toBeGreaterThanOrEqual(0.9);
    }
  });

  it('sends every field that a catalog requires, always or under a condition', async () => {
    for (const [id, rows] of await makeCoverage()) {
      const missing = rows.filter(({ field, requirement, from }) => requirement !== 'optional' && !from && !field.startsWith('shop.')); // prettier-ignore
      expect({ id, missing: missing.map(({ field }) => field) }).toEqual({
        id,
        missing: id === 'meta' ? ['override'] : [],
      });
    }
  });
});
