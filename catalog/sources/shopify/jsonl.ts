/**
 * The result file of a bulk operation, product by product, however large. Products that are known again by their bytes
 * (docs/decisions/0020) are not parsed.
 */
import type { Context } from '../../context.ts';
import { NoAnswerError } from '../../errors.ts';
import type { Fingerprint, Recogniser, Sighting } from '../../known-products.ts';
import type { MediaNode, MetafieldNode, ProductNode, VariantNode, WholeProduct } from './nodes.ts';

const MINUTE = 60_000;
/** A line is one object; a product's text may be large, but not that large. */
const longestLine = 16 * 1024 * 1024;

/** The byte at the end of a line. */
export const newline = 10;

type Child = { id: string; __parentId?: string; __typename?: string };

/**
 * What a file yields: whole products with the number of lines read up to their end, products that are as they were at
 * the last import, and lines that are no object.
 */
export type FileRead =
  | { kind: 'product'; whole: WholeProduct; lines: number; fingerprint?: Fingerprint | undefined }
  | { kind: 'same'; place: number; records: number; lines: number }
  /** A child whose parent does not stand before it: the product is to be asked for by itself. */
  | { kind: 'orphan'; productId: string }
  | { kind: 'bad'; line: number; text: string };

/** The address of the result leads nowhere any more. */
export class ResultGoneError extends NoAnswerError {}

export interface FileOptions {
  /** Lines that were read before a kill. */
  skip: number;
  /** The shop stopped before the end. A last line that is cut off is left out then, as Shopify documents it. */
  partial: boolean;
  /** Absent: every line is parsed. */
  recogniser?: Recogniser | undefined;
}

/** What is complete with each chunk of the download. A file cut off in its last line throws, unless it is `partial`. */
export async function* readFile(
  url: string,
  options: FileOptions,
  ctx: Context,
): AsyncGenerator<FileRead[], void> {
  const reader = createFileReader(options);
  for await (const chunk of eachChunk(url, ctx)) yield reader.write(chunk);
  yield reader.end();
}

/** A product whose lines are being read. */
interface Open {
  whole: WholeProduct;
  /** A line that cannot be read may be a part of it: saved without a variant, it would take that one's item down. */
  isDamaged: boolean;
  /** Parts of others stand among its lines, so that its bytes are not its own. */
  isMixed: boolean;
}

function createFileReader({ skip, partial, recogniser }: FileOptions) {
  let out: FileRead[] = [];
  const room = createRoom();
  /** Bytes from the beginning of the product in hand. */
  let window: Buffer = Buffer.alloc(0);
  /** Where in `window` the next line begins; `line` lines lie before it. */
  let at = 0;
  let line = 0;
  /** Where the product in hand begins: one of these two, or none. */
  let start = 0;
  let open: Open | undefined;
  let known: Sighting | undefined;

  function endProduct(): void {
    if (known) out.push({ kind: 'same', place: known.place, records: known.records, lines: line });
    if (open?.isDamaged) out.push({ kind: 'orphan', productId: open.whole.product.id });
    else if (open)
      out.push({ kind: 'product', whole: open.whole, lines: line, fingerprint: toFingerprint(open) });
    known = undefined;
    open = undefined;
  }

  function toFingerprint({ whole, isMixed }: Open): Fingerprint | undefined {
    if (isMixed) return undefined;
    const bytes = window.subarray(start, at);
    const records = toRecords(whole);
    return recogniser?.toFingerprint({ bytes, records, key: whole.product.id, otherKey: undefined });
  }

  /** There is more of it than was known: it is read after all. */
  function parseKnown(): void {
    if (!known) return;
    const lines = window.toString('utf8', start, start + known.bytes).split('\n');
    known = undefined;
    for (const text of lines) {
      const object = parse(text);
      if (object && object.__parentId === undefined) open = toOpen(object);
      else if (object && open) addChild(open.whole, object);
    }
  }

  function takeLine(end: number): void {
    const object = parse(window.toString('utf8', at, end));
    if (object && object.__parentId === undefined) {
      endProduct();
      start = at;
      open = toOpen(object);
      return;
    }
    parseKnown();
    if (!object) {
      const text = window.toString('utf8', at, Math.min(end, at + 1_000));
      out.push({ kind: 'bad', line: line + 1, text });
      if (open) open.isDamaged = true;
    } else if (open && object.__parentId === open.whole.product.id) addChild(open.whole, object);
    else {
      if (open) open.isMixed = true;
      if (/\/Product\/\d+$/.test(object.__parentId ?? ''))
        out.push({ kind: 'orphan', productId: object.__parentId ?? '' });
    }
  }

  /** Takes the known product that stands here; `unsure` when bytes to come decide whether one does. */
  function takeKnown(isEnd: boolean): boolean | 'unsure' {
    const found = recogniser?.find(window, at, isEnd);
    if (found === undefined || found === 'unsure') return found ?? false;
    endProduct();
    known = found;
    start = at;
    at += found.bytes;
    line += found.lines;
    return true;
  }

  function takeLines(isEnd: boolean): void {
    while (at < window.length) {
      const isWanted = line >= skip;
      const taken = isWanted && takeKnown(isEnd);
      if (taken === 'unsure') return;
      if (taken) continue;
      const end = window.indexOf(newline, at);
      if (end === -1) return;
      if (isWanted && end > at) takeLine(end);
      at = end + 1;
      line += 1;
    }
  }

  function flush(): FileRead[] {
    const found = out;
    out = [];
    return found;
  }

  return {
    write(chunk: Uint8Array): FileRead[] {
      const kept = open || known ? start : at;
      window = room.add(window.subarray(kept), chunk);
      start -= kept;
      at -= kept;
      takeLines(false);
      if (window.length - at > longestLine)
        throw new NoAnswerError(
          'shopify_result_unreadable',
          'The result of the bulk operation is not made of lines.',
        );
      return flush();
    },
    end(): FileRead[] {
      takeLines(true);
      if (at < window.length && parse(window.toString('utf8', at))) {
        takeLine(window.length);
        at = window.length;
        line += 1;
      } else if (at < window.length && !partial)
        throw new NoAnswerError(
          'shopify_result_cut_off',
          'The result of the bulk operation ends within a line.',
        );
      // of a partial file nobody knows where the last product ends
      if (partial) parseKnown();
      if (partial && open) open.isDamaged = true;
      endProduct();
      return flush();
    },
  };
}

/** One piece of memory for all chunks: a new one for each would keep the garbage collector busy. */
function createRoom(): { add(kept: Buffer, chunk: Uint8Array): Buffer } {
  let room = Buffer.allocUnsafeSlow(256 * 1024);
  return {
    /** Both, one behind the other; `kept` may lie in the room itself. */
    add(kept, chunk) {
      const length = kept.length + chunk.length;
      if (length > room.length) room = Buffer.allocUnsafeSlow(2 * length);
      kept.copy(room);
      room.set(chunk, kept.length);
      return room.subarray(0, length);
    },
  };
}

/** A product without variants counts as one record. */
export const toRecords = ({ variants }: WholeProduct): number => Math.max(1, variants.length);

const toOpen = (product: Child): Open => ({
  whole: { product: product as unknown as ProductNode, variants: [], media: [], metafields: [] },
  isDamaged: false,
  isMixed: false,
});

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

async function* eachChunk(url: string, ctx: Context): AsyncGenerator<Uint8Array, void> {
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
  try {
    yield* response.body as unknown as AsyncIterable<Uint8Array>;
  } catch (error) {
    ctx.signal?.throwIfAborted();
    throw new NoAnswerError('shopify_result_cut_off', 'The result of the bulk operation broke off.', {
      cause: error,
    });
  }
}
