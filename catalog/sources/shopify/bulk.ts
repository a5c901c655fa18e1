/**
 * A bulk operation from its start to the address of its result. One that runs already is waited for, not doubled.
 * https://shopify.dev/docs/api/usage/bulk-operations/queries
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from '../../context.ts';
import { BusyError, NoAnswerError, SourceRefusedError } from '../../errors.ts';
import type { ShopifyClient } from './client.ts';
import { bulkDocument, currentBulkDocument, startBulkDocument } from './documents.ts';

export interface Operation {
  id: string;
  status: 'CREATED' | 'RUNNING' | 'COMPLETED' | 'CANCELING' | 'CANCELED' | 'FAILED' | 'EXPIRED';
  errorCode: string | null;
  createdAt: string;
  completedAt: string | null;
  objectCount: string;
  url: string | null;
  partialDataUrl: string | null;
  query: string;
}

/** The result: `url` undefined when the shop holds nothing; `partial` when the shop stopped before the end. */
export interface BulkResult {
  operation: Operation;
  url: string | undefined;
  partial: boolean;
}

const SECOND = 1_000;
/** Between two looks: soon at first, for small shops; rarely later. */
const pauses = { first: 0.2 * SECOND, longest: 10 * SECOND, growth: 1.5 } as const;

const isOver = ({ status }: Operation): boolean => !['CREATED', 'RUNNING', 'CANCELING'].includes(status);

/** Nothing can be had from it any more. */
const isLost = ({ status }: Operation): boolean => ['CANCELED', 'FAILED', 'EXPIRED'].includes(status);

/** Yields the operation each time it was looked at, at last as it ended. `known`: the one a killed import began. */
export async function* waitForBulk(
  client: ShopifyClient,
  query: string,
  known: string | undefined,
  ctx: Context,
): AsyncGenerator<Operation, BulkResult> {
  const kept = known === undefined ? undefined : await find(client, known);
  let operation = kept && !isLost(kept) ? kept : await start(client, query);
  for (let pause: number = pauses.first; ; pause = Math.min(pause * pauses.growth, pauses.longest)) {
    yield operation;
    if (isOver(operation)) return toResult(operation);
    await sleep(pause, undefined, ctx.signal ? { signal: ctx.signal } : {});
    const now = await find(client, operation.id);
    if (!now)
      throw new NoAnswerError('shopify_bulk_lost', 'The shop has forgotten the bulk operation it was at.');
    operation = now;
  }
}

async function find(client: ShopifyClient, id: string): Promise<Operation | undefined> {
  const { node } = await client.query<{ node: Operation | null }>(bulkDocument, { id });
  return node ?? undefined;
}

async function start(client: ShopifyClient, query: string): Promise<Operation> {
  const { bulkOperationRunQuery: answer } = await client.query<{
    bulkOperationRunQuery: {
      bulkOperation: Pick<Operation, 'id' | 'status' | 'createdAt'> | null;
      userErrors: { message: string; code: string | null }[];
    };
  }>(startBulkDocument, { query, groupObjects: true });
  if (answer.bulkOperation) {
    const started = await find(client, answer.bulkOperation.id);
    if (started) return started;
  }
  if (answer.userErrors.some(({ code }) => code === 'OPERATION_IN_PROGRESS')) {
    const { currentBulkOperation: running } = await client.query<{ currentBulkOperation: Operation | null }>(
      currentBulkDocument,
    );
    // one of ours, left behind by a killed import
    if (running && running.query.trim() === query.trim() && !isOver(running)) return running;
    throw new BusyError('shopify_bulk_in_progress', 'The shop is at another bulk operation of this app.', {
      retryAfterMs: 30 * SECOND,
    });
  }
  const said = answer.userErrors.map(({ message }) => message).join(' ');
  throw new NoAnswerError('shopify_bulk_refused', `The shop started no bulk operation: ${said}`);
}

function toResult(operation: Operation): BulkResult {
  const { status, errorCode, url, partialDataUrl } = operation;
  if (status === 'COMPLETED') return { operation, url: url ?? undefined, partial: false };
  if (errorCode === 'ACCESS_DENIED')
    throw new SourceRefusedError(
      'shopify_access_denied',
      'The app may not read all that it asked the shop for.',
      {
        hint: 'Give the app the scopes named in the connect form, and connect the shop again.',
      },
    );
  if (partialDataUrl) return { operation, url: partialDataUrl, partial: true };
  throw new NoAnswerError(
    'shopify_bulk_failed',
    `The shop's bulk operation ended as ${status}${errorCode ? ` (${errorCode})` : ''}.`,
  );
}
