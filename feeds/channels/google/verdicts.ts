/** Google's words about products as our outcomes and issues. */
import { z } from 'zod';
import type { Issue } from '../../../catalog/issue.ts';
import type { ItemOutcome } from '../../listing.ts';
import type { RefusedError } from './answers.ts';
import { pages } from './limits.ts';

const countries = z.array(z.string()).default([]);
const issueSchema = z.object({
  code: z.string().default(''),
  severity: z.string().default(''),
  resolution: z.string().default(''),
  attribute: z.string().default(''),
  reportingContext: z.string().default(''),
  description: z.string().default(''),
  detail: z.string().default(''),
  documentation: z.string().default(''),
  applicableCountries: countries,
});
export type GoogleIssue = z.infer<typeof issueSchema>;
/** Where a product is shown, by place and country. */
const placesSchema = z
  .array(
    z.object({
      reportingContext: z.string().default(''),
      approvedCountries: countries,
      pendingCountries: countries,
      disapprovedCountries: countries,
    }),
  )
  .default([]);
/** An issue in the report: what it is and where it counts, without words. */
const reportedIssueSchema = z.object({
  type: z.object({ code: z.string().default(''), canonicalAttribute: z.string().default('') }).prefault({}),
  severity: z
    .object({
      severityPerReportingContext: z
        .array(
          z.object({
            reportingContext: z.string().default(''),
            disapprovedCountries: countries,
            demotedCountries: countries,
          }),
        )
        .default([]),
    })
    .prefault({}),
  resolution: z.string().default(''),
});
export type ReportedIssue = z.infer<typeof reportedIssueSchema>;
/** A page of the report on products: of those asked for, what is needed to tell whether there is more to be said. */
export const reportSchema = z.object({
  results: z
    .array(
      z.object({
        productView: z
          .object({
            offerId: z.string(),
            statusPerReportingContext: placesSchema,
            itemIssues: z.array(reportedIssueSchema).default([]),
          })
          .optional(),
      }),
    )
    .default([]),
  nextPageToken: z.string().optional(),
});
export type ReportedProduct = NonNullable<z.infer<typeof reportSchema>['results'][number]['productView']>;
/** A processed product, as far as we read it. */
export const productSchema = z.object({
  name: z.string().default(''),
  offerId: z.string(),
  contentLanguage: z.string().default(''),
  feedLabel: z.string().default(''),
  dataSource: z.string().default(''),
  productAttributes: z
    .object({
      title: z.string().optional(),
      link: z.string().optional(),
      availability: z.string().optional(),
      price: z.object({ amountMicros: z.coerce.string(), currencyCode: z.string() }).optional(),
    })
    .default({}),
  productStatus: z
    .object({
      destinationStatuses: placesSchema,
      itemLevelIssues: z.array(issueSchema).default([]),
    })
    .optional(),
});
export type Product = z.infer<typeof productSchema>;
export const productsSchema = z.object({
  products: z.array(productSchema).default([]),
  nextPageToken: z.string().optional(),
});

/**
 * Accepted as soon as one place in one country shows it, since then people see it: what other places refuse is told
 * by warnings. Rejected when every place that has decided refuses it and none is still at it.
 * https://developers.google.com/merchant/api/guides/products/product-statuses
 */
export function toOutcome({
  offerId,
  productStatus,
}: Pick<Product, 'offerId' | 'productStatus'>): ItemOutcome {
  const places = productStatus?.destinationStatuses ?? [];
  const isShown = places.some(({ approvedCountries }) => approvedCountries.length > 0);
  const isOpen = places.some(({ pendingCountries }) => pendingCountries.length > 0);
  const isRefused = places.some(({ disapprovedCountries }) => disapprovedCountries.length > 0);
  const verdict = isShown ? 'accepted' : isOpen || !isRefused ? 'working' : 'rejected';
  const issues = gather(productStatus?.itemLevelIssues ?? []).map((found) => toIssue(found, verdict === 'rejected')); // prettier-ignore
  const refused = places.filter(({ disapprovedCountries: no }) => no.length > 0);
  if (isRefused && !issues.some(({ code }) => code !== '' && !code.startsWith('pending')))
    issues.push({
      code: 'disapproved', severity: verdict === 'rejected' ? 'error' : 'warning',
      message: `Google does not show the item in ${sayPlaces(refused.map(({ reportingContext, disapprovedCountries }) => ({ reportingContext, applicableCountries: disapprovedCountries })))} and gives no reason.`,
      hint: 'Merchant Center tells more: Products, Needs attention.', link: pages.statuses, from: 'channel',
    }); // prettier-ignore
  return { offerId, verdict, issues };
}

interface Found {
  first: GoogleIssue;
  places: Pick<GoogleIssue, 'reportingContext' | 'applicableCountries'>[];
  severity: string;
}

/** The same issue comes once per place; the gravest word counts. */
function gather(issues: readonly GoogleIssue[]): Found[] {
  const found = new Map<string, Found>();
  for (const issue of issues) {
    const key = `${issue.code}\n${issue.attribute}`;
    const known = found.get(key);
    if (!known) found.set(key, { first: issue, places: [issue], severity: issue.severity });
    else {
      known.places.push(issue);
      if (weight(issue.severity) > weight(known.severity)) known.severity = issue.severity;
    }
  }
  return [...found.values()];
}
const weight = (severity: string): number => ['NOT_IMPACTED', 'DEMOTED', 'DISAPPROVED'].indexOf(severity);

function toIssue({ first, places, severity }: Found, isRejected: boolean): Issue {
  const { code, attribute, description, detail, documentation, resolution } = first;
  const text = [description, detail].filter((part) => part !== '').map(toSentence).join(' '); // prettier-ignore
  const where = sayPlaces(places);
  const effect =
    severity === 'DISAPPROVED'
      ? ` Not shown in ${where}.`
      : severity === 'DEMOTED'
        ? ` Shown less in ${where}.`
        : '';
  const issue: Issue = {
    code: code === '' ? 'noted_by_google' : code.toLowerCase().replace(/[^a-z0-9]+/g, '_'),
    severity: severity === 'DISAPPROVED' && isRejected ? 'error' : 'warning',
    message: `Google says: ${text || toSentence(code)}${effect}`,
    hint: findHint(code, resolution),
    link: documentation || pages.statuses,
    from: 'channel',
  };
  const field = toField(attribute) ?? codeFields.find(([pattern]) => pattern.test(code))?.[1];
  if (field !== undefined) issue.field = field;
  return issue;
}

/** `Shopping ads (DE, FR), free listings (DE)` */
function sayPlaces(places: readonly Pick<GoogleIssue, 'reportingContext' | 'applicableCountries'>[]): string {
  const said = new Map<string, Set<string>>();
  for (const { reportingContext, applicableCountries } of places) {
    const name = reportingContext.toLowerCase().replaceAll('_', ' ').replace('youtube', 'YouTube') || 'all places'; // prettier-ignore
    const known = said.get(name) ?? new Set();
    for (const country of applicableCountries) known.add(country);
    said.set(name, known);
  }
  return [...said]
    .map(([name, where]) => (where.size === 0 ? name : `${name} (${[...where].join(', ')})`))
    .join(', ');
}

/** What insert says of one item at once. */
export function toRefusal(offerId: string, error: RefusedError): ItemOutcome {
  const code = error.reason === '' ? 'refused_by_google' : error.reason.replace(/[^a-z0-9]+/g, '_');
  const common = {
    code, severity: 'error', link: error.page, from: 'channel',
    hint: 'Correct what the message names; the item is sent again by itself when it changes.',
  } as const; // prettier-ignore
  if (error.violations.length === 0) return { offerId, verdict: 'rejected', issues: [{ ...common, message: toSentence(error.message) }] }; // prettier-ignore
  const issues = error.violations.map(({ field: location, description }): Issue => {
    const field = toField(location);
    const issue: Issue = { ...common, message: `Google says: ${toSentence(description || error.message)}` };
    return field === undefined ? issue : { ...issue, field };
  });
  return { offerId, verdict: 'rejected', issues };
}

/**
 * Google's names of fields: `image link`, `n:image_link`, `product_input.product_attributes.price.amount_micros`,
 * `productAttributes.imageLink`; ours where it is one of the item's own.
 */
export function toField(name: string): string | undefined {
  const path = name.replace(/^.*?:/, '').trim().replace(/([a-z])([A-Z])/g, '$1_$2').toLowerCase().replace(/[\s-]+/g, '_'); // prettier-ignore
  const parts = path.split('.').map((part) => part.replace(/\[\d*\]$/, ''));
  const at = parts.indexOf('product_attributes');
  const word = (at >= 0 ? parts[at + 1] : parts.at(-1)) ?? '';
  if (word === '') return undefined;
  return ownFields[word] ?? word.replace(/^(gtin|product_type|video_link|promotion_id)s$/, '$1');
}

const ownFields: Readonly<Record<string, string>> = {
  id: 'offerId', offer_id: 'offerId', image_link: 'images', image: 'images', additional_image_link: 'images',
  additional_image_links: 'images', sale_price: 'salePrice', sale_price_effective_date: 'saleStarts',
  item_group_id: 'itemGroupId', variant_options: 'options', variant_option: 'options', gtins: 'gtin',
  product_types: 'product_type', landing_page: 'link',
}; // prettier-ignore

/** Codes that carry no attribute. Google publishes no list; these were seen. */
const codeFields: readonly (readonly [RegExp, string])[] = [
  [/image/, 'images'], [/landing_page|link|checkout_url/, 'link'], [/sale_price|strikethrough/, 'salePrice'],
  [/price|currency/, 'price'], [/availability/, 'availability'], [/condition/, 'condition'], [/gtin/, 'gtin'],
  [/title/, 'title'], [/description/, 'description'], [/brand/, 'brand'], [/category/, 'google_product_category'],
]; // prettier-ignore

function findHint(code: string, resolution: string): string {
  const known = codeHints.find(([pattern]) => pattern.test(code));
  if (known) return known[1];
  return /pending/i.test(resolution)
    ? 'Nothing to do: Google is still at it.'
    : 'Correct what the message names; the item is sent again by itself when it changes.';
}

const codeHints: readonly (readonly [RegExp, string])[] = [
  [/pending_crawl|internal_error|pending_initial/, 'Nothing to do: Google fetches the page and the images within about three days.'],
  [/image_link_broken|image_(?:decoding|roboted|http)/, 'Check that the public address of this service can be reached from outside; Google tries again.'],
  [/image_too_small/, 'Upload an image of at least 500 x 500 pixels.'],
  [/image_single_color|placeholder/, 'Upload a picture of the product itself.'],
  [/landing_page/, 'Open the link of the item: the page must answer, on phones too, and let Google in (robots.txt).'],
  [/price_mismatch|price_updated|strikethrough/, 'Make the price on the item’s page and the one sent the same; look at tax and currency.'],
  [/availability_updated|condition_updated/, 'Make what the item’s page says and what is sent the same.'],
  [/reserved_gtin|restricted_gtin|coupon_gtin|invalid_gtin/, 'Give the number of the maker (under the bar code), or none.'],
  [/missing_(?:item|required)_attribute|item_missing_required/, 'Fill the field in the shop, or set it here.'],
  [/policy/, 'Change what breaks Google’s policy, or ask for another review in Merchant Center.'],
]; // prettier-ignore

const toSentence = (text: string): string => {
  const short = text.trim().slice(0, 500);
  return short === '' || /[.!?]$/.test(short) ? short : `${short}.`;
};
