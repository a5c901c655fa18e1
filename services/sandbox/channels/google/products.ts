/** Product inputs and the processed products that come of them, minutes later at Google and milliseconds later here. */
import { lookAtImage } from '../../look-at-image.ts';
import type { Request, Response } from 'express';
import { fail } from './answers.ts';
import { findIssues, type Attributes, type ItemIssue } from './judge.ts';
import { answerReport, type ShownProduct } from './report.ts';

export interface ProductInput {
  offerId: string;
  contentLanguage: string;
  feedLabel: string;
  productAttributes?: Record<string, unknown>;
}
interface Held {
  input: ProductInput;
  dataSource: string;
  /** When the processed product shows this input. */
  readyAt: number;
  reviewAt: number;
  shown?: ProductInput;
  image: 'unknown' | 'fetched' | 'broken';
}
interface Needs {
  account: string;
  processingMs: number;
  reviewMs: number;
  fetchImages: boolean;
  policyWords: readonly string[];
  later(ms: number, work: () => void): void;
}

const places = ['SHOPPING_ADS', 'FREE_LISTINGS', 'YOUTUBE_SHOPPING'] as const;
const days = 86_400_000;

export function createProducts(needs: Needs) {
  const { account, processingMs, reviewMs, fetchImages, policyWords, later } = needs;
  const held = new Map<string, Held>();
  const keyOf = ({ contentLanguage, feedLabel, offerId }: ProductInput): string =>
    `${contentLanguage}~${feedLabel}~${offerId}`;
  const nameOf = (input: ProductInput, kind: 'productInputs' | 'products'): string =>
    `accounts/${account}/${kind}/${keyOf(input)}`;
  /** The encoded form has no tilde; the plain one has. */
  const readSegment = (segment: string): string =>
    segment.includes('~') ? segment : Buffer.from(segment, 'base64url').toString();

  function insert(input: ProductInput, dataSource: string): 'new' | 'changed' {
    const key = keyOf(input);
    const before = held.get(key);
    const now = Date.now();
    const entry: Held = {
      input, dataSource, readyAt: now + processingMs, reviewAt: now + processingMs + reviewMs, image: 'unknown',
    }; // prettier-ignore
    if (before?.shown) entry.shown = before.shown;
    held.set(key, entry);
    later(processingMs, () => {
      entry.shown = input;
      const url = String(input.productAttributes?.['imageLink'] ?? '');
      const look = fetchImages ? lookAtImage(url) : undefined;
      void look?.then((isThere) => (entry.image = isThere ? 'fetched' : 'broken'));
    });
    return before ? 'changed' : 'new';
  }

  /** Undefined where this data source has given no such input. */
  function patch(
    key: string,
    dataSource: string,
    names: readonly string[],
    { productAttributes = {} }: ProductInput,
  ): ProductInput | undefined {
    const before = held.get(key);
    if (before?.dataSource !== dataSource) return undefined;
    const attributes = Object.entries(before.input.productAttributes ?? {}).filter(
      ([name]) => !names.includes(name),
    );
    const set = Object.entries(productAttributes).filter(([name]) => names.includes(name));
    const input = { ...before.input, productAttributes: Object.fromEntries([...attributes, ...set]) };
    insert(input, dataSource);
    return input;
  }

  function toProduct({ input, shown, dataSource, reviewAt, image }: Held): object | undefined {
    if (!shown) return undefined;
    const product = shown.productAttributes ?? {};
    const country = shown.feedLabel.slice(0, 2);
    const issues = [...findIssues(product, country), ...findLater(product, image)];
    const isOpen = Date.now() < reviewAt || input !== shown;
    const isBad = issues.some(({ severity }) => severity === 'DISAPPROVED');
    const now = new Date().toISOString();
    return {
      name: nameOf(shown, 'products'),
      offerId: shown.offerId,
      contentLanguage: shown.contentLanguage,
      feedLabel: shown.feedLabel,
      dataSource,
      productAttributes: product,
      productStatus: {
        destinationStatuses: places.map((reportingContext) => ({
          reportingContext,
          approvedCountries: !isOpen && !isBad ? [country] : [],
          pendingCountries: isOpen ? [country] : [],
          disapprovedCountries: !isOpen && isBad ? [country] : [],
        })),
        // the same issue stands once for every place
        itemLevelIssues: isOpen
          ? []
          : places.flatMap((context) => issues.map((issue) => tell(issue, context, country))),
        creationDate: now,
        lastUpdateDate: now,
        googleExpirationDate: new Date(Date.now() + 30 * days).toISOString(),
      },
    };
  }

  /** What only fetching and people find. */
  function findLater(product: Attributes, image: Held['image']): ItemIssue[] {
    const found: ItemIssue[] = [];
    if (image === 'broken')
      found.push({ code: 'image_link_broken', severity: 'DISAPPROVED', attribute: 'image link', description: 'Invalid image [image link]', detail: 'The image could not be fetched.' }); // prettier-ignore
    const text = `${String(product['title'])} ${String(product['description'])}`.toLowerCase();
    if (policyWords.some((word) => text.includes(word)))
      found.push({ code: 'restricted_nfs_policy_violation', severity: 'DISAPPROVED', description: 'Violation of a Shopping policy', detail: 'This product may be counterfeit or dangerous.' }); // prettier-ignore
    return found;
  }

  return {
    insert,
    patch,
    nameOf,
    readSegment,
    remove: (key: string): boolean => held.delete(key),
    get(req: Request, res: Response): void {
      const entry = held.get(readSegment(String(req.params['product'])));
      const product = entry && toProduct(entry);
      if (!product) return fail(res, 404, 'Product not found.', 'product_not_found');
      res.json(product);
    },
    search(req: Request, res: Response): void {
      answerReport(req, res, (keys) => {
        const meant = keys ? keys.map((key) => held.get(key)) : [...held.values()];
        return meant.flatMap((entry) => (entry && (toProduct(entry) as ShownProduct | undefined)) ?? []);
      });
    },
    list(req: Request, res: Response): void {
      const size = Math.min(Number(req.query['pageSize'] ?? 25), 1_000);
      const from = Number(Buffer.from(String(req.query['pageToken'] ?? ''), 'base64url').toString() || 0);
      const all = [...held.values()];
      const products = all.slice(from, from + size).flatMap((entry) => toProduct(entry) ?? []);
      const next =
        from + size < all.length ? Buffer.from(String(from + size)).toString('base64url') : undefined;
      res.json({ products, ...(next ? { nextPageToken: next } : {}) });
    },
    contents: (): Map<string, Record<string, unknown>> =>
      new Map([...held.values()].map(({ input }) => [input.offerId, { ...input }])),
  };
}

const tell = (issue: ItemIssue, reportingContext: string, country: string): object => ({
  ...issue,
  resolution: 'merchant_action',
  reportingContext,
  documentation: 'https://support.google.com/merchants/answer/6324350',
  applicableCountries: [country],
});
