/**
 * Google's words about an issue, as far as they are the same for every item. The report on products names issues by code and
 * attribute and leaves out what they say; a product by itself says it. What was said in the same words of several items is
 * said so of the next as well; an issue whose words differ from item to item is always asked for.
 */
import { toField, type GoogleIssue, type ReportedIssue } from './verdicts.ts';

/** Items that must have been told the same before it counts as standing. */
export const enoughItems = 3;

type Words = Pick<GoogleIssue, 'description' | 'detail' | 'documentation'>;

export interface StandingWords {
  /** From a product's own status; the same item again tells nothing new. */
  learn(offerId: string, issues: readonly GoogleIssue[]): void;
  /** How many more items should be asked for before this issue's words are known; 0 too where they never will be. */
  lacks(issue: ReportedIssue): number;
  /** The reported issues in Google's words, place by place; undefined where the words of one are not known or differ. */
  say(issues: readonly ReportedIssue[]): GoogleIssue[] | undefined;
}

export function createStandingWords(): StandingWords {
  const known = new Map<string, { words: Words; items: Set<string>; differ: boolean }>();
  return {
    learn(offerId, issues) {
      const told = new Map(issues.map((issue) => [toKey(issue.code, issue.attribute), issue]));
      for (const [key, { description, detail, documentation }] of told) {
        const words = { description, detail, documentation };
        const entry = known.get(key) ?? { words, items: new Set(), differ: false };
        if (entry.items.size < enoughItems) entry.items.add(offerId);
        entry.differ ||= JSON.stringify(words) !== JSON.stringify(entry.words);
        known.set(key, entry);
      }
    },
    lacks(issue) {
      const entry = known.get(keyOf(issue));
      return entry?.differ ? 0 : Math.max(0, enoughItems - (entry?.items.size ?? 0));
    },
    say(issues) {
      const said: GoogleIssue[] = [];
      for (const issue of issues) {
        const entry = known.get(keyOf(issue));
        if (!entry || entry.differ || entry.items.size < enoughItems) return undefined;
        const places = issue.severity.severityPerReportingContext;
        if (places.length === 0) return undefined;
        for (const { reportingContext, disapprovedCountries, demotedCountries } of places) {
          const isRefused = disapprovedCountries.length > 0;
          said.push({
            code: issue.type.code,
            attribute: issue.type.canonicalAttribute,
            resolution: issue.resolution.toLowerCase(),
            reportingContext,
            severity: isRefused ? 'DISAPPROVED' : demotedCountries.length > 0 ? 'DEMOTED' : 'NOT_IMPACTED',
            applicableCountries: isRefused ? disapprovedCountries : demotedCountries,
            ...entry.words,
          });
        }
      }
      return said;
    },
  };
}

/** The report and a product write an attribute's name in two ways: `n:image_link`, `image link`. */
const toKey = (code: string, attribute: string): string => `${code}\n${toField(attribute) ?? ''}`;
const keyOf = ({ type }: ReportedIssue): string => toKey(type.code, type.canonicalAttribute);
