/** Products asked for by their ids, as they are now. */
import type { Context } from '../../context.ts';
import type { Read } from '../../source.ts';
import type { ShopifyClient } from './client.ts';
import { inventoryDocument, pageSize, productsDocument, variantsDocument } from './documents.ts';
import { toRecords } from './jsonl.ts';
import type { MediaNode, MetafieldNode, ProductNode, VariantNode, WholeProduct } from './nodes.ts';
import type { ShopifyOptions } from './options.ts';
import { toInput } from './to-input.ts';

interface Page<T> {
  edges: { node: T }[];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}
type FullNode = ProductNode & {
  variants: Page<VariantNode>;
  media: Page<MediaNode>;
  metafields?: Page<MetafieldNode>;
};

const nodesOf = <T>(page: Pick<Page<T>, 'edges'> | undefined): T[] =>
  page?.edges.map(({ node }) => node) ?? [];
export const toGid = (kind: string, id: string | number): string => `gid://shopify/${kind}/${id}`;
export const idOfGid = (gid: string): string => gid.slice(gid.lastIndexOf('/') + 1);

/** `product` for each that the shop has, `gone` for each that it has not. */
export async function* readProducts(
  client: ShopifyClient,
  gids: readonly string[],
  options: ShopifyOptions,
  currency: string,
  ctx: Context,
): AsyncGenerator<Read, void> {
  for (let at = 0; at < gids.length; at += pageSize.products) {
    const ids = gids.slice(at, at + pageSize.products);
    // what comes back may be younger than this, never older
    const asOf = ctx.now();
    const { nodes } = await client.query<{ nodes: (FullNode | null)[] }>(productsDocument(options), { ids });
    for (const [place, node] of nodes.entries()) {
      const gid = ids[place] ?? '';
      if (!node?.id) {
        yield { kind: 'gone', sourceId: idOfGid(gid) };
        continue;
      }
      const whole = await gather(client, node, options);
      const input = toInput(whole, options, currency);
      yield { kind: 'product', input, records: toRecords(whole), asOf };
    }
  }
}

async function gather(client: ShopifyClient, node: FullNode, options: ShopifyOptions): Promise<WholeProduct> {
  const variants = nodesOf(node.variants);
  for (let { pageInfo } = node.variants; pageInfo.hasNextPage;) {
    const { node: more } = await client.query<{ node: { variants: Page<VariantNode> } | null }>(
      variantsDocument(options),
      { id: node.id, after: pageInfo.endCursor },
    );
    if (!more) break;
    variants.push(...nodesOf(more.variants));
    pageInfo = more.variants.pageInfo;
  }
  return { product: node, variants, media: nodesOf(node.media), metafields: nodesOf(node.metafields) };
}

/** Ids that one question may name. */
const idsPerQuery = 100;

/** The products of these stock records; a record that is gone has none. */
export async function findProductsOfStock(client: ShopifyClient, gids: readonly string[]): Promise<string[]> {
  const found = new Set<string>();
  for (let at = 0; at < gids.length; at += idsPerQuery) {
    const { nodes } = await client.query<{ nodes: ({ variant?: { product: { id: string } } } | null)[] }>(
      inventoryDocument,
      { ids: gids.slice(at, at + idsPerQuery) },
    );
    for (const node of nodes) if (node?.variant) found.add(node.variant.product.id);
  }
  return [...found];
}
