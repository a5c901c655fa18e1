/** The report on products, as far as Shelfcast asks for it: https://developers.google.com/merchant/api/reference/rest/reports_v1/accounts.reports/search */
import type { Request, Response } from 'express';
import { fail } from './answers.ts';
import type { ItemIssue } from './judge.ts';

export interface ShownProduct {
  name: string;
  offerId: string;
  contentLanguage: string;
  feedLabel: string;
  productStatus: {
    destinationStatuses: object[];
    itemLevelIssues: (ItemIssue & {
      resolution: string;
      reportingContext: string;
      applicableCountries: string[];
    })[];
  };
}

/** The fields of `product_view` that are served here. */
function toReportRow({ name, offerId, contentLanguage, feedLabel, productStatus }: ShownProduct): Record<string, unknown> {
  const issues = Map.groupBy(productStatus.itemLevelIssues, ({ code, attribute }) => `${code} ${attribute}`);
  return {
    id: `online~${name.split('/').at(-1)}`,
    offer_id: offerId,
    language_code: contentLanguage,
    feed_label: feedLabel,
    status_per_reporting_context: productStatus.destinationStatuses,
    item_issues: [...issues.values()].flatMap(([first, ...more]) => {
      if (!first) return [];
      const { code, attribute, severity, resolution } = first;
      const countries = severity === 'DISAPPROVED' ? 'disapprovedCountries' : 'demotedCountries';
      return {
        type: { code, ...(attribute === undefined ? {} : { canonicalAttribute: `n:${attribute.replaceAll(' ', '_')}` }) },
        severity: {
          severityPerReportingContext: [first, ...more].map(({ reportingContext, applicableCountries }) => ({
            reportingContext,
            ...(severity === 'NOT_IMPACTED' ? {} : { [countries]: applicableCountries }),
          })),
          ...(severity === 'NOT_IMPACTED' ? {} : { aggregatedSeverity: severity }),
        },
        resolution: resolution.toUpperCase(),
      };
    }),
  };
} // prettier-ignore

const toCamel = (field: string): string =>
  field.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
const reportFields = [
  'id',
  'offer_id',
  'language_code',
  'feed_label',
  'status_per_reporting_context',
  'item_issues',
];
const filterable = ['id', 'offer_id', 'language_code', 'feed_label'];

/** So much of the query language as asks for products by words of theirs: https://developers.google.com/shopping-content/guides/reports/query-language/grammar */
function readQuery(query: string): { fields: string[]; conditions: [string, string[]][] } | undefined {
  const [, selected, where] = /^SELECT ([\w, ]+) FROM product_view WHERE (.+)$/.exec(query) ?? [];
  const fields = selected?.split(',').map((field) => field.trim()) ?? [];
  // Google asks for the id in every query
  if (!fields.includes('id') || fields.some((field) => !reportFields.includes(field))) return undefined;
  const text = String.raw`'[^']*'|"[^"]*"`;
  const condition = new RegExp(String.raw`^([a-z_]+) (?:= (${text})|IN \(((?:${text})(?:, (?:${text}))*)\))(?: AND |$)`);
  const conditions: [string, string[]][] = [];
  for (let rest = where ?? ''; rest !== '';) {
    const found = condition.exec(rest);
    if (!found?.[1] || !filterable.includes(found[1])) return undefined;
    conditions.push([found[1], ((found[2] ?? found[3] ?? '').match(new RegExp(text, 'g')) ?? []).map((one) => one.slice(1, -1))]);
    rest = rest.slice(found[0].length);
  }
  return { fields, conditions };
} // prettier-ignore

/** `find` answers the products of these keys, `en~DE~SKU-1`; of all without. */
export function answerReport(
  req: Request,
  res: Response,
  find: (keys: readonly string[] | undefined) => readonly ShownProduct[],
): void {
  const { query = '', pageSize = 1_000, pageToken = '' } = req.body as { query?: string; pageSize?: number; pageToken?: string }; // prettier-ignore
  const asked = readQuery(query);
  if (!asked) return fail(res, 400, `The query cannot be read: ${query.slice(0, 100)}`, 'query_error/invalid_query'); // prettier-ignore
  const rows = find(toKeys(new Map(asked.conditions))).flatMap((product) => {
    const row = toReportRow(product);
    const isMeant = asked.conditions.every(([field, values]) => values.includes(String(row[field])));
    return isMeant ? Object.fromEntries(asked.fields.map((field) => [toCamel(field), row[field]])) : [];
  });
  const from = Number(pageToken || 0);
  const results = rows.slice(from, from + pageSize).map((productView) => ({ productView }));
  res.json({ results, ...(from + pageSize < rows.length ? { nextPageToken: String(from + pageSize) } : {}) });
}

/** Where a query names all that a product is known by, no other product need be looked at. */
function toKeys(conditions: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const [languages, labels, offers] = ['language_code', 'feed_label', 'offer_id'].map((field) => conditions.get(field));
  if (!languages || !labels || !offers) return undefined;
  return languages.flatMap((language) => labels.flatMap((label) => offers.map((offer) => `${language}~${label}~${offer}`)));
} // prettier-ignore
