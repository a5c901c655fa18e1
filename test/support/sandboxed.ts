/** A channel connected to its sandbox, over real HTTP; and what its tests do with it. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import type { Item } from '../../catalog/item.ts';
import { buildFeed, type FeedFormat } from '../../feeds/build-feed.ts';
import type { Channel, ChannelApi, FeedResult, FeedToRegister } from '../../feeds/channel.ts';
import type { ItemOutcome } from '../../feeds/listing.ts';
import { createHttpClient } from '../../services/http-client.ts';
import type { ChannelSandboxOptions } from '../../services/sandbox/channel-sandbox.ts';
import { startSandbox, type RunningSandbox } from '../../services/sandbox/start.ts';

export interface Connected<O> {
  channel: Channel<O>;
  api: Required<ChannelApi>;
  options: O;
  sandbox: RunningSandbox;
  /** What the channel asked to be kept, in order. */
  kept: Partial<O>[];
}

const stops: (() => Promise<void>)[] = [];
/** After each test. */
export async function stopAll(): Promise<void> {
  for (const stop of stops.splice(0)) await stop();
}

export const localHttp = () => createHttpClient({ allowPrivate: ['*'] });

/** Every method of the API is there to be called; one that the channel does not have fails as a missing function does. */
export const connectWith = <O>(
  channel: Channel<O>,
  options: O,
  kept: Partial<O>[] = [],
  http = localHttp(),
) => channel.connect?.(options, http, async (changed) => void kept.push(changed)) as Required<ChannelApi>;

export async function connectSandbox<O, S extends ChannelSandboxOptions>(
  channel: Channel<O>,
  changes: Partial<O> = {},
  of: S = {} as S,
): Promise<Connected<O>> {
  const started = await startSandbox({
    processingMs: 6,
    reviewMs: 0,
    fetchImages: false,
    of: { [channel.id]: of },
  });
  stops.push(() => started.stop());
  const sandbox = started.channel(channel.id);
  const options = channel.options.parse({ ...sandbox.connect, ...changes });
  const kept: Partial<O>[] = [];
  return { channel, api: connectWith(channel, options, kept), options, sandbox, kept };
}

/** Sends and asks until all is said; a review may come after. */
export async function settle<O>(
  { api }: Connected<O>,
  upserts: Item[],
  deletes: string[] = [],
): Promise<Map<string, ItemOutcome>> {
  const ids = [...upserts.map(({ offerId }) => offerId), ...deletes];
  const { handle, outcomes } = await api.send({ upserts, deletes });
  if (handle === undefined) return byId(outcomes);
  return byId(await until(async () => {
    const said = await api.check(handle, ids);
    return said === 'working' ? undefined : said;
  }));
} // prettier-ignore

export const byId = (outcomes: readonly ItemOutcome[]) =>
  new Map(outcomes.map((outcome) => [outcome.offerId, outcome]));

/** Asks again until there is an answer. */
export async function until<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (let round = 0; round < 400; round++) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error('nothing came of it');
}

/** A feed at an address on this machine, as the public one would give it. */
export async function serveFeed<O>(
  channel: Channel<O>,
  items: readonly Item[],
  format: FeedFormat = 'csv',
): Promise<FeedToRegister> {
  let text = '';
  for await (const chunk of buildFeed(items, channel.feed, format, { title: 'T', link: 'https://l' }))
    text += chunk;
  const server = createServer((_req, res) => res.end(text)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  stops.push(async () => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/feed.${format}`;
  return { name: 'My shop', url, format, country: 'DE', language: 'de', currency: 'EUR', hour: 3 };
}

export const resultOf = (
  api: Required<ChannelApi>,
  feedId: string,
  handle?: string,
): Promise<FeedResult> =>
  until(async () => {
    const result = await api.feedResult(feedId, handle);
    return result?.status === 'working' ? undefined : result;
  }); // prettier-ignore
