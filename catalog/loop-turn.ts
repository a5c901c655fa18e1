/**
 * Lets the event loop turn in between. Work that never waits for anything holds it for as long as it takes: answers to
 * people wait behind it, and a batch on its way to the store, which goes out piece by piece as the loop turns, stands still.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';

const longestMs = 1;
let turnedAt = 0;

/** Cheap, but not free: asked after some pieces of work, not after each. */
export const isTurnDue = (): boolean => performance.now() - turnedAt > longestMs;

export async function letTurn(): Promise<void> {
  await nextTurn();
  turnedAt = performance.now();
}
