import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { toReadableId } from '../../catalog/readable-id.ts';

describe('toReadableId', () => {
  it('keeps letters and digits and joins words with hyphens', () => {
    expect(toReadableId(['Crème Brûlée', 'M / 38'], 100)).toBe('creme-brulee-m-38');
  });

  it('keeps apart what another alphabet would make the same', () => {
    const red = toReadableId(['shirt', '红'], 100);
    const blue = toReadableId(['shirt', '蓝'], 100);
    expect(red).toMatch(/^shirt-[0-9a-f]{8}$/);
    expect(red).not.toBe(blue);
    expect(toReadableId(['shirt', 'a+'], 100)).not.toBe(toReadableId(['shirt', 'a'], 100));
  });

  it('is the same each time, never empty, never longer than asked', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string(), { minLength: 1 }),
        fc.integer({ min: 20, max: 100 }),
        (parts, max) => {
          const id = toReadableId(parts, max);
          expect(id).toBe(toReadableId([...parts], max));
          expect(id.length).toBeGreaterThan(0);
          expect(id.length).toBeLessThanOrEqual(max);
          expect(id).toMatch(/^[a-z0-9_-]+$/);
        },
      ),
    );
  });
});
