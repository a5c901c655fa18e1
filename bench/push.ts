/**
 * `npm run bench:push -- [--items N] [--channel ID …] [--factor F] [--share S …]`: changed items to a channel's sandbox that takes
 * 50 ms for every answer, from pending to the last verdict, within the channel's documented rate; without failures, and with
 * one of twenty calls failing in any of seven ways. In the end the sandbox must hold exactly the shop's items.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Channel } from '../feeds/channel.ts';
import { loadChannels } from '../feeds/channel.ts';
import type { Misbehaviour } from '../services/sandbox/misbehave.ts';
import { startSandbox } from '../services/sandbox/start.ts';
import { openPushShop, type PushShop } from './push-shop.ts';
import { atLeast, atMost, plain, type BenchResult } from './result.ts';
import { printTable } from './table.ts';

const latencyMs = 50;
const shares = ['0', '0.05'];
/** Google's 10 writes a second would take 100,000 items almost three hours. */
const factors: Readonly<Record<string, number>> = { google: 20 };
/** The bucket of a rate budget: what may go out at once after a pause. */
const burstSeconds = 2;

/**
 * Items a second that the channel's documented limit lets through, where it is a limit on batches. Meta: 200 calls an hour for
 * a catalog that nobody has looked at yet; TikTok: 1,000 uploads an hour of 5,000; Pinterest: 100 requests a minute that
 * write to the catalog, of 1,000. At Google an item is a request.
 */
const batchLimits: Readonly<Record<string, { itemsPerSecond: number; says: string }>> = {
  meta: { itemsPerSecond: (200 * 2_500) / 3_600, says: '200 batches an hour' },
  tiktok: { itemsPerSecond: (1_000 * 5_000) / 3_600, says: '1,000 batches an hour' },
  pinterest: { itemsPerSecond: (100 * 1_000) / 60, says: '100 batches a minute' },
};

interface SandboxAddress {
  url: string;
  connect: Record<string, Record<string, unknown>>;
}

// the channel is a process of its own, as it is in life
if (process.argv[2] === 'sandbox') {
  const callsPerMinute = Number(process.argv[3]);
  const sandbox = await startSandbox({
    processingMs: 20,
    reviewMs: 0,
    fetchImages: false,
    of: { google: { callsPerMinute } },
  });
  const connect = Object.fromEntries([...sandbox.channels].map(([id, one]) => [id, one.connect]));
  process.send?.({ url: sandbox.url, connect });
} else await main();

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      items: { type: 'string', default: '100000' },
      channel: { type: 'string', multiple: true },
      factor: { type: 'string' },
      share: { type: 'string', multiple: true, default: shares },
    },
  });
  const channels = await loadChannels();
  const results: BenchResult[] = [];
  for (const id of values.channel ?? ['meta', 'google', 'tiktok', 'pinterest']) {
    const channel = channels.get(id);
    if (!channel)
      throw new Error(`There is no channel "${id}"; there are: ${[...channels.keys()].join(', ')}`);
    const factor = Number(values.factor ?? factors[id] ?? 1);
    const documented = channel.limits.requestsPerSecond;
    channel.limits.requestsPerSecond = documented * factor;
    const sizes = { items: Number(values.items), factor, documented };
    const own: BenchResult[] = [];
    for (const share of values.share) own.push(...(await pass(channel, sizes, Number(share))));
    printTable(own);
    results.push(...own);
    channel.limits.requestsPerSecond = documented;
  }
  // the store's threads would keep the process
  process.exit(results.some(({ met }) => met === false) ? 1 : 0);
}

async function pass(
  channel: Channel,
  { items, factor, documented }: { items: number; factor: number; documented: number },
  share: number,
): Promise<BenchResult[]> {
  const perSecond = documented * factor;
  const child = fork(import.meta.filename, ['sandbox', String(perSecond * 60)]);
  const [{ url, connect }] = (await once(child, 'message')) as [SandboxAddress];
  const folder = await mkdtemp(join(tmpdir(), 'bench-push-'));
  const behave = (change: Misbehaviour) => post(`${url}/_sandbox/behave/${channel.id}`, change);
  let shop: PushShop | undefined;
  try {
    shop = await openPushShop(folder, channel, connect[channel.id] ?? {}, items);
    await behave({ slowMs: latencyMs, ...(share > 0 ? { failShare: share, seed: 7 } : {}) });
    const walk = await push(shop);
    const difference = await compare(shop, channel, url);
    const name = `${channel.id}, ${items} items${share > 0 ? `, ${share * 100} % of the calls fail` : ''}`;
    const limit = batchLimits[channel.id];
    const perSecondSent = items / walk.sendingSeconds;
    // where an item is a request: the bucket of the rate budget is full when the push begins
    const used = limit
      ? perSecondSent / limit.itemsPerSecond
      : items / (perSecond * (walk.sendingSeconds + burstSeconds));
    const says = limit?.says ?? `${documented} a second${factor === 1 ? '' : ` x ${factor}`}`;
    const rate = `${name}: items a second / what ${says} allow`;
    return [
      plain(`${name}: sent`, perSecondSent, 'items/s'),
      plain(`${name}: from pending to the last verdict`, walk.seconds, 's'),
      plain(`${name}: requests`, walk.requests, 'requests'),
      share > 0 ? plain(rate, used, 'x') : atLeast(rate, used, 'x', 0.9),
      plain(`${name}: items without a good verdict`, walk.refused, 'items'),
      atMost(`${name}: items lost, foreign or old at the channel`, difference, 'items', 0),
    ];
  } finally {
    await shop?.stop();
    child.kill();
    await rm(folder, { recursive: true, force: true });
  }
}

async function push(shop: PushShop) {
  const from = performance.now();
  let sendingSeconds: number | undefined;
  shop.start();
  for (;;) {
    // counting is work too, hence seldom
    await sleep(500);
    const { pending = 0, sent = 0, accepted = 0, rejected = 0 } = await shop.count();
    const passed = (performance.now() - from) / 1_000;
    if (pending === 0) sendingSeconds ??= passed;
    if (pending + sent === 0 && accepted + rejected > 0)
      return { seconds: passed, sendingSeconds: sendingSeconds ?? passed, refused: rejected, requests: await shop.requests() }; // prettier-ignore
    process.stderr.write(
      `\r${Math.round(passed)} s: ${pending} pending, ${sent} sent, ${accepted} accepted   `,
    );
  }
}

/** Items that the channel should hold and does not, holds and should not, or holds with another title. */
async function compare(shop: PushShop, channel: Channel, url: string): Promise<number> {
  const response = await fetch(`${url}/_sandbox/state/${channel.id}`);
  const { contents } = (await response.json()) as { contents: Record<string, unknown> };
  const held = new Map(Object.entries(contents));
  let different = 0;
  for await (const { offerId, title } of shop.wanted()) {
    if (!JSON.stringify(held.get(offerId) ?? '').includes(JSON.stringify(title).slice(1, -1))) different += 1;
    held.delete(offerId);
  }
  return different + held.size;
}

async function post(url: string, body: object): Promise<void> {
  await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}
