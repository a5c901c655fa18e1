import { describe, expect, test } from '@jest/globals';
import { createStandingWords } from '../../../../feeds/channels/google/standing-words.ts';
import type { GoogleIssue, ReportedIssue } from '../../../../feeds/channels/google/verdicts.ts';

const told = (changes: Partial<GoogleIssue> = {}): GoogleIssue => ({
  code: 'image_too_small', attribute: 'image link', severity: 'DEMOTED', resolution: 'merchant_action',
  reportingContext: 'SHOPPING_ADS', applicableCountries: ['DE'], description: 'Image too small', detail: 'Use a larger one.',
  documentation: 'https://support.google.com/merchants/answer/6324350', ...changes,
}); // prettier-ignore
const reported = (changes: Partial<ReportedIssue> = {}): ReportedIssue => ({
  type: { code: 'image_too_small', canonicalAttribute: 'n:image_link' },
  severity: {
    severityPerReportingContext: [
      { reportingContext: 'SHOPPING_ADS', disapprovedCountries: [], demotedCountries: ['DE', 'AT'] },
      { reportingContext: 'FREE_LISTINGS', disapprovedCountries: ['DE'], demotedCountries: [] },
    ],
  },
  resolution: 'MERCHANT_ACTION',
  ...changes,
});

describe('Google’s words about an issue', () => {
  test('are said of the next item once three others have been told the same, with its own places', () => {
    const words = createStandingWords();
    words.learn('A', [told()]);
    words.learn('A', [told()]);
    words.learn('B', [told(), told({ reportingContext: 'FREE_LISTINGS' })]);
    expect(words.lacks(reported())).toBe(1);
    expect(words.say([reported()])).toBeUndefined();
    words.learn('C', [told()]);
    expect(words.lacks(reported())).toBe(0);
    expect(words.say([reported()])).toMatchObject([
      { description: 'Image too small', severity: 'DEMOTED', applicableCountries: ['DE', 'AT'], reportingContext: 'SHOPPING_ADS' },
      { detail: 'Use a larger one.', severity: 'DISAPPROVED', applicableCountries: ['DE'], reportingContext: 'FREE_LISTINGS' },
    ]); // prettier-ignore
  });

  test('are never said of another where they differed once, and nobody waits for more of them', () => {
    const words = createStandingWords();
    for (const [offerId, detail] of [
      ['A', '80 x 80.'],
      ['B', '80 x 80.'],
      ['C', '90 x 60.'],
      ['D', '80 x 80.'],
    ] as const)
      words.learn(offerId, [told({ detail })]);
    expect(words.say([reported()])).toBeUndefined();
    expect(words.lacks(reported())).toBe(0);
  });

  test('are not said where those of another issue of the item are unknown, or where Google names no place', () => {
    const words = createStandingWords();
    for (const offerId of ['A', 'B', 'C']) words.learn(offerId, [told()]);
    const other = reported({ type: { code: 'missing_gtin', canonicalAttribute: 'n:gtin' } });
    expect(words.say([reported(), other])).toBeUndefined();
    expect(words.say([reported({ severity: { severityPerReportingContext: [] } })])).toBeUndefined();
    expect(words.lacks(other)).toBe(3);
  });
});
