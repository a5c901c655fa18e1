/** In which order jest begins test files: the longest first, or one of them would run alone at the end. */
import { createRequire } from 'node:module';
import { basename } from 'node:path';
import type { Test } from '@jest/test-result';

// its types are those of the CommonJS module
const require = createRequire(import.meta.url);
const { default: TestSequencer } = require('@jest/test-sequencer') as typeof import('@jest/test-sequencer');

/** Those that take more than half a minute, the longest first. */
const longest = [
  'faults.test.ts', 'killed-walk.test.ts', 'owner.test.ts', 'issues.test.ts', 'demo.test.ts', 'looks.test.ts',
  'two-schedulers.test.ts', 'push-batch.test.ts', 'durability.test.ts',
]; // prettier-ignore

export default class LongestFirst extends TestSequencer {
  override async sort(tests: Test[]): Promise<Test[]> {
    const placeOf = ({ path }: Test): number => {
      const place = longest.indexOf(basename(path));
      return place === -1 ? longest.length : place;
    };
    // a stable sort: the others stay as jest has them
    return [...(await super.sort(tests))].sort((a, b) => placeOf(a) - placeOf(b));
  }
}
