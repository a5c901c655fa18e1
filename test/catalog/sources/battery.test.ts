/** The battery, over every source that a catalog can be connected to. */
import { expect, it } from '@jest/globals';
import { loadSources } from '../../../catalog/source.ts';
import { describeSource } from '../../support/source-battery.ts';
import { grounds } from '../../support/source-grounds.ts';

/** Enough products for three pages. */
const pages: Record<string, number> = { shopify: 2_200, woocommerce: 220 };

const sources = [...(await loadSources()).values()].filter(({ test }) => test !== undefined);

it('finds every source, and knows the outside of each', () => {
  expect(sources.map(({ id }) => id).sort()).toEqual(Object.keys(grounds).sort());
});

for (const source of sources) describeSource(source, pages[source.id] ?? 20);
