import { openStorage, createCollection, insertDoc, write, loadCatalog } from './storage.ts';
import { eachFound } from './read.ts';
import { encode } from './bson-bytes.ts';
import { createCursors, openCursor, readCursor } from './cursors.ts';
import { encodePage } from './wire.ts';
import fs from 'node:fs';
fs.rmSync('/tmp/st2', { recursive: true, force: true });
const s = openStorage('/tmp/st2');
const N = 100000;
const text = 'x'.repeat(820);
for (let b = 0; b < N; b += 5000)
  write(s, () => {
    const c = s.collections.get('a.b') ?? createCollection(s, 'a.b');
    for (let i = b; i < b + 5000; i++) {
      const _id = 'item-' + String((i * 7919) % 10000000).padStart(8, '0');
      insertDoc(
        s,
        c,
        encode({
          _id,
          group: i % 100,
          n: i,
          price: { amount: 1, currency: 'EUR' },
          tags: ['new', 't' + (i % 50)],
          updatedAt: new Date(),
          text,
        }),
        _id,
      );
    }
  });
const c = s.collections.get('a.b')!;
for (let k = 0; k < 3; k++) {
  let t = performance.now();
  let n = 0;
  for (const f of eachFound(s, c, { filter: {} })) n += f.raw.length;
  console.log('eachFound', ((N / (performance.now() - t)) * 1000) | 0);
  t = performance.now();
  n = 0;
  for (const f of eachFound(s, c, { filter: { group: 5 } })) n += f.raw.length;
  console.log('filtered', ((N / (performance.now() - t)) * 1000) | 0);
  t = performance.now();
  n = 0;
  for (const f of eachFound(s, c, { filter: { nosuch: 5 } })) n += f.raw.length;
  console.log('filtered missing', ((N / (performance.now() - t)) * 1000) | 0);
  t = performance.now();
  n = 0;
  const cs = createCursors();
  let p = openCursor(
    cs,
    'a.b',
    (function* () {
      for (const f of eachFound(s, c, { filter: {} })) yield f.raw;
    })(),
    undefined,
    false,
  );
  let by = 0;
  for (;;) {
    by += encodePage(p).length;
    if (p.id === 0n) break;
    p = readCursor(cs, p.id, undefined);
  }
  console.log('pages', ((N / (performance.now() - t)) * 1000) | 0);
}
console.log(process.memoryUsage());
