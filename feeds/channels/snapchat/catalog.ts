/** Snapchat's catalog: that it is there, and what it holds. */
import { z } from 'zod';
import { InputError, NotFoundError, SyncError } from '../../../catalog/errors.ts';
import { formatAmount, parseMoney } from '../../../catalog/money.ts';
import type { ChannelApi, HeldItem } from '../../channel.ts';
import type { SnapchatClient } from './client.ts';
import { requestLimits } from './limits.ts';

const catalogSchema = z.object({ name: z.string().nullish() });
const productSchema = z.object({
  id: z.coerce.string().nullish(),
  external_id: z.coerce.string().nullish(),
  name: z.string().nullish(),
  title: z.string().nullish(),
  link: z.string().nullish(),
  availability: z.string().nullish(),
  price: z
    .object({ value: z.coerce.number().nullish(), currency: z.string().nullish() })
    .nullish(),
}); // prettier-ignore
type Product = z.infer<typeof productSchema>;

/** Snapchat's samples of a search ask by availability; every item has one. */
const everything = {
  filter: {
    OR: ['IN_STOCK', 'OUT_OF_STOCK', 'PREORDER', 'AVAILABLE_FOR_ORDER', 'DISCONTINUED'].map((word) => ({ AVAILABILITY: { EQ: word } })),
  },
}; // prettier-ignore

export function createCatalogCalls(client: SnapchatClient): Pick<ChannelApi, 'test'> & Required<Pick<ChannelApi, 'list'>> {
  const at = `/catalogs/${encodeURIComponent(client.options.catalogId)}`;

  async function* list(): AsyncIterable<HeldItem> {
    const question = { method: 'POST' as const, body: everything, query: { limit: String(requestLimits.page) } };
    for await (const page of client.pages(`${at}/product_search`, 'products', productSchema, question))
      yield* page.flatMap(toHeld);
  }

  return {
    list,
    async test() {
      try {
        const [catalog] = await client.entities(at, 'catalogs', catalogSchema);
        return { name: catalog?.name ?? client.options.catalogId };
      } catch (error) {
        if (!(error instanceof NotFoundError)) throw error;
        throw new InputError('snapchat_catalog_unknown', `Snapchat shows this account no catalog ${client.options.catalogId}.`, {
          hint: 'Check the catalog id, and that the account has the role Catalog Admin.',
          cause: error,
        });
      }
    },
  };
} // prettier-ignore

function toHeld({ id, external_id, name, title, link, availability, price }: Product): HeldItem[] {
  const offerId = external_id ?? id;
  if (!offerId) return [];
  const held: HeldItem = { offerId };
  const shown = title ?? name;
  if (shown) held.title = shown;
  if (link) held.link = link;
  if (availability) held.availability = availability.toLowerCase().replaceAll('_', ' ');
  if (typeof price?.value === 'number' && price.currency) held.price = toPriceText(price.value, price.currency);
  return [held];
} // prettier-ignore

/** Snapchat tells a number; ours has the decimals of its currency. */
function toPriceText(price: number, currency: string): string {
  try {
    return `${formatAmount(parseMoney(String(price), currency, 'en'))} ${currency}`;
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    return `${price} ${currency}`;
  }
}
