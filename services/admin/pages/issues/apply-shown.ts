/** Of the rows in hand, those whose suggestion is good enough to be applied to many at once. */
import type { Fix } from '../../../../jobs/fix-items.ts';
import type { Row } from './group-query.ts';

/** As the service has it: `applicableFrom` in catalog/suggest. */
const applicableFrom = 0.75;

export const applicableShown = (rows: readonly Row[]): Fix[] =>
  rows.flatMap(({ card, field, suggestion, current }) =>
    suggestion && field !== undefined && suggestion.confidence >= applicableFrom
      ? { offerId: card.offerId, field, value: suggestion.value, seen: current ?? null }
      : [],
  );
