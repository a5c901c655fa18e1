/** The result file of a bulk operation, line by line and product by product, however large. */
import type { Context } from '../../context.ts';
import { NoAnswerError } from '../../errors.ts';
import type { MediaNode, MetafieldNode, ProductNode, VariantNode, WholeProduct } from './nodes.ts';

const MINUTE = 60_000;
/** A line is one object; a product's text may be large, but not that large. */
const longestLine = 16 * 1024 * 1024;

type Child = { id: string; __parentId?: string; __typename?: string };

/** What a file yields: whole products with the number of lines read up to their end, and lines that are no object. */
export type FileRead =
  | { kind: 'product'; whole: WholeProduct; lines: number }
  /** A child whose parent does not stand before it: the product is to be asked for by itself. */
  | { kind: 'orphan'; productId: string }
  | { kind: 'bad'; line: number; text: string };

/** The address of the result leads nowhere any more. */
export class ResultGoneError extends NoAnswerError {}

/**
 * `skip`: lines that were read before a kill. A file cut off in its last line throws; of a `partial` one that line is left
 * out, as Shopify documents it.
 */
export async function* readFile(
  url: string,
  options: { skip: number; partial: boolean },
  ctx: Context,
): AsyncGenerator<FileRead, void> {
  let at = 0;
  let current: WholeProduct | undefined;
  let isDamaged = false;
  /** What may lack a part is asked for by itself: saved without a variant, it would take that one's item down. */
  const toWhole = (whole: WholeProduct, lines: number): FileRead =>
    isDamaged ? { kind: 'orphan', productId: whole.product.id } : { kind: 'product', whole, lines };
  // Lines come some at a time: each by itself would be a turn through one more asynchronous generator.
  for await (const lines of eachLines(url, options.partial, ctx))
    for (const line of lines) {
      at += 1;
      if (at <= options.skip) continue;
      const object = parse(line);
      if (!object) {
        yield { kind: 'bad', line: at, text: line.slice(0, 1_000) };
        isDamaged = true;
        continue;
      }
      if (object.__parentId === undefined) {
        if (current) yield toWhole(current, at - 1);
        isDamaged = false;
        current = { product: object as unknown as ProductNode, variants: [], media: [], metafields: [] };
      } else if (object.__parentId === current?.product.id) addChild(current, object);
      else if (/\/Product\/\d+$/.test(object.__parentId))
        yield { kind: 'orphan', productId: object.__parentId };
    }
  // of a partial file nobody knows where the last product ends
  isDamaged ||= options.partial;
  if (current) yield toWhole(current, at);
}

/** The kind of a child is told by its id. https://shopify.dev/docs/api/usage/gids */
function addChild(whole: WholeProduct, child: Child): void {
  if (child.id.startsWith('gid://shopify/ProductVariant/'))
    whole.variants.push(child as unknown as VariantNode);
  else if (child.id.startsWith('gid://shopify/Metafield/'))
    whole.metafields.push(child as unknown as MetafieldNode);
  else whole.media.push(child as unknown as MediaNode);
}

function parse(line: string): Child | undefined {
  try {
    const object = JSON.parse(line) as unknown;
    return typeof object === 'object' && object !== null && 'id' in object && typeof object.id === 'string'
      ? (object as Child)
      : undefined;
  } catch {
    return undefined;
  }
}

/** The lines that are not empty, as many at a time as end in a chunk of the download. */
async function* eachLines(url: string, partial: boolean, ctx: Context): AsyncGenerator<string[], void> {
  const response = await ctx.http.fetch(url, {
    // the whole download: a large shop's file takes its time
    timeoutMs: 60 * MINUTE,
    ...(ctx.signal ? { signal: ctx.signal } : {}),
  });
  if (!response.ok || !response.body) {
    await response.body?.cancel();
    // the address of a result is good for a week; after that only a new operation helps
    if (response.status < 500)
      throw new ResultGoneError(
        'shopify_result_gone',
        `The result of the bulk operation is gone (HTTP ${response.status}).`,
      );
    throw new NoAnswerError(
      'shopify_no_answer',
      `The result of the bulk operation could not be read (HTTP ${response.status}).`,
    );
  }
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      yield lines.filter((line) => line !== '');
      if (rest.length > longestLine)
        throw new NoAnswerError(
          'shopify_result_unreadable',
          'The result of the bulk operation is not made of lines.',
        );
    }
  } catch (error) {
    ctx.signal?.throwIfAborted();
    if (error instanceof NoAnswerError) throw error;
    throw new NoAnswerError('shopify_result_cut_off', 'The result of the bulk operation broke off.', {
      cause: error,
    });
  }
  rest += decoder.decode();
  if (rest === '') return;
  if (parse(rest)) yield [rest];
  else if (!partial)
    throw new NoAnswerError('shopify_result_cut_off', 'The result of the bulk operation ends within a line.');
}
