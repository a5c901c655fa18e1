/** The order of waiting jobs, as a number: lower comes first. Kept under 2,097,152, the largest priority of BullMQ. */
import type { Priority } from '../job.ts';

const classes: Record<Priority, number> = { fix: 0, person: 1, schedule: 2 };
const perClass = 100_000;

/**
 * A run that a person waits for comes before the clock's. Within a class catalogs take turns: the first waiting job of
 * each comes before the second of any, so that a shop with a thousand batches does not keep another from its one.
 */
export const rankOf = (priority: Priority, alreadyWaiting: number): number =>
  classes[priority] * perClass + Math.min(alreadyWaiting, perClass - 1) + 1;
