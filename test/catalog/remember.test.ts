import { describe, expect, test } from '@jest/globals';
import { remember } from '../../catalog/remember.ts';

/** Says how often it was asked in earnest. */
function counted<V>(
  answer: (text: string) => V,
  most: number,
): { ask: (text: string) => V; times: () => number } {
  let times = 0;
  const ask = remember((text) => {
    times += 1;
    return answer(text);
  }, most);
  return { ask, times: () => times };
}

describe('A remembered answer', () => {
  test('is found once for a text, also where it is that there is none', () => {
    const { ask, times } = counted((text) => (text === 'a' ? undefined : text.length), 10);
    expect(['a', 'bb', 'a', 'bb', 'a'].map(ask)).toEqual([undefined, 2, undefined, 2, undefined]);
    expect(times()).toBe(2);
  });

  test('stays while it is asked for, and goes when many others came since', () => {
    const { ask, times } = counted((text) => text, 2);
    for (const text of ['kept', 'b', 'kept', 'c', 'kept', 'd', 'kept']) ask(text);
    expect(times()).toBe(4);
    for (const text of ['e', 'f', 'g', 'h', 'i']) ask(text);
    expect(times()).toBe(9);
    expect(ask('kept')).toBe('kept');
    expect(times()).toBe(10);
  });

  test('of a very long text is not held, so that a catalog of such does not fill the memory', () => {
    const { ask, times } = counted((text) => text.length, 10);
    const long = 'x'.repeat(10_001);
    expect([ask(long), ask(long)]).toEqual([10_001, 10_001]);
    expect(times()).toBe(2);
  });
});
