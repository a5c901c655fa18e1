import { describe, expect, it } from '@jest/globals';
import { shareWork } from '../../../services/web/calls.ts';

describe('work that is shared', () => {
  it('is done once more for all who asked while it was done, and for nobody before it was asked', async () => {
    const begun: (() => void)[] = [];
    const share = shareWork(() => new Promise((resolve) => void begun.push(resolve)));
    const first = share('a');
    const later = [share('a'), share('a'), share('a')];
    expect(begun).toHaveLength(1);
    begun[0]?.();
    await first;
    // those who came meanwhile are not done with by the work that had begun before them
    await Promise.resolve();
    const settled = await Promise.race([Promise.all(later).then(() => 'done'), Promise.resolve('waiting')]);
    expect(settled).toBe('waiting');
    await new Promise((resolve) => setImmediate(resolve));
    expect(begun).toHaveLength(2);
    begun[1]?.();
    await Promise.all(later);
    expect(begun).toHaveLength(2);
  });

  it('goes on after a failure, which only those who waited for it are told', async () => {
    let fails = true;
    const share = shareWork(async () => {
      await new Promise((resolve) => setImmediate(resolve));
      if (fails) throw new Error('no queue');
    });
    const first = share('a');
    const next = share('a');
    await expect(first).rejects.toThrow('no queue');
    fails = false;
    await next;
  });
});
