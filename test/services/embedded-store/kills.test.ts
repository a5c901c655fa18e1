import { expect, test } from '@jest/globals';
import { runKillRounds } from './support/kill-rounds.ts';

test('keeps every acknowledged write and every index through ten kills', async () => {
  const { acknowledged, problems } = await runKillRounds(10, () => undefined);
  expect(problems).toEqual([]);
  expect(acknowledged).toBeGreaterThan(0);
});
