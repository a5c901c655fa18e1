import { eachFound } from './read.ts';
import { removeDoc } from './documents.ts';
import type { Storage } from './records.ts';
import { write } from './storage.ts';

/** Documents removed in one transaction, so that a large clearing does not hold other writes up for long. */
const CHUNK = 1000;

/** Removes what TTL indexes say is over (https://www.mongodb.com/docs/manual/core/index-ttl/). */
export function expireDocs(storage: Storage, now = Date.now()): number {
  let removed = 0;
  for (const collection of storage.collections.values()) {
    for (const { key, options } of collection.indexes) {
      const seconds = options['expireAfterSeconds'];
      const [path, ...others] = Object.keys(key);
      if (seconds === undefined || path === undefined || others.length > 0) continue;
      const filter = { [path]: { $lte: new Date(now - Number(seconds) * 1000) } };
      for (let count = CHUNK; count === CHUNK; removed += count) {
        const found = [...eachFound(storage, collection, { filter, limit: CHUNK })];
        count = found.length;
        if (count > 0)
          write(storage, () => found.forEach(({ id, raw }) => removeDoc(storage, collection, id, raw)));
      }
    }
  }
  return removed;
}
