import { describe, expect, it } from '@jest/globals';
import { gather } from '../../../services/web/calls.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('calls that are gathered', () => {
  it('are done at once when they come alone, and together when they come while others are done', async () => {
    const begun: { items: number[]; end: () => void }[] = [];
    const keep = gather(async (_key, items: number[]) => {
      await new Promise<void>((resolve) => void begun.push({ items, end: resolve }));
      return items.map((item) => item * 10);
    });
    const first = keep('a', 1);
    const later = [keep('a', 2), keep('a', 3), keep('a', 4)];
    const other = keep('b', 5);
    expect(begun.map(({ items }) => items)).toEqual([[1], [5]]);
    begun[0]?.end();
    expect(await first).toBe(10);
    await turn();
    expect(begun[2]?.items).toEqual([2, 3, 4]);
    begun[1]?.end();
    expect(await other).toBe(50);
    // nobody is answered before what was kept with his own call is done
    expect(await Promise.race([Promise.all(later), turn().then(() => 'waiting')])).toBe('waiting');
    begun[2]?.end();
    expect(await Promise.all(later)).toEqual([20, 30, 40]);
  });

  it('fail only with those they were kept with, and go on after that', async () => {
    let fails = true;
    const keep = gather(async (_key, items: number[]) => {
      await turn();
      if (fails) throw new Error('no database');
      return items;
    });
    const first = keep('a', 1);
    const next = keep('a', 2);
    await expect(first).rejects.toThrow('no database');
    fails = false;
    expect(await next).toBe(2);
    expect(await keep('a', 3)).toBe(3);
  });

  it('wait in line when there are very many, so that none waits for all', async () => {
    const sizes: number[] = [];
    const keep = gather(async (_key, items: number[]) => {
      sizes.push(items.length);
      await turn();
      return items;
    });
    const all = await Promise.all(Array.from({ length: 500 }, (_, n) => keep('a', n)));
    expect(all).toEqual(Array.from({ length: 500 }, (_, n) => n));
    expect(sizes).toEqual([1, 200, 200, 99]);
  });
});
