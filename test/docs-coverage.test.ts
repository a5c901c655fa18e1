import { describe, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { countSent, makeCoverage, pagePath, specFolder, toPage } from '../docs/coverage.ts';

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
    }
  });

  it('really sends at least nine of ten fields of each channel', async () => {
    for (const [id, rows] of await makeCoverage()) {
      const { sent, of } = countSent(rows);
      expect({ id, isEnough: sent / of >= 0.9, sent, of }).toMatchObject({ id, isEnough: true });
    }
  });

  it('sends every field that the catalog requires, always or under a condition', async () => {
    for (const [id, rows] of await makeCoverage()) {
      const missing = rows.filter(({ requirement, from, isElsewhere }) => requirement !== 'optional' && !from && !isElsewhere); // prettier-ignore
      expect({ id, missing: missing.map(({ field }) => field) }).toEqual({ id, missing: [] });
    }
  });
});
