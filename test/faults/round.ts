/** One seeded round: a shop that changes under load, injuries, healing, and what must hold in the end. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isOpen, type Run } from '../../catalog/run.ts';
import type { Client } from '../../services/cli/client.ts';
import { createRandom } from '../../services/sandbox/misbehave.ts';
import { injuries } from './injuries.ts';
import { createShop, type Shop } from './shop.ts';
import type { World } from './world.ts';

export interface RoundResult {
  seed: number;
  injuries: string[];
  seconds: number;
  /** Where they went, in seconds. */
  parts: Record<string, number>;
  imports: number;
  interruptions: number;
  /** What did not hold; empty: all well. */
  breaches: string[];
}

/** Longer than any pause that a retry makes after the last injury is healed. */
const healWithinMs = 240_000;
const products = 40;

export async function runRound(world: World, seed: number): Promise<RoundResult> {
  const random = createRandom(seed);
  const from = Date.now();
  const catalogId = `r${seed}-${from.toString(36)}`;
  const shop = createShop(`R${seed}T${from % 100_000}`, products, random);
  const breaches: string[] = [];
  const parts: Record<string, number> = {};
  let since = from;
  const note = (part: string): void => {
    parts[part] = Math.round((Date.now() - since) / 100) / 10;
    since = Date.now();
  };
  const meta = world.sandbox.channel('meta');
  // between two rounds nothing is injured: whoever ended then did so by himself
  breaches.push(...world.ended.splice(0));
  await Promise.all(world.members.map((member) => world.start(member)));
  await connect(world, catalogId);
  const watch = watchImmortal(world, shop, breaches);
  const load = startLoad(world, catalogId, shop);
  await load.firstIn;
  note('begun');
  const struck: string[] = [];
  const healing: (() => Promise<void>)[] = [];
  const count = 2 + Math.floor(random() * 3);
  while (struck.length < count) {
    const injury = injuries[Math.floor(random() * injuries.length)];
    const heal = await injury?.strike(world, random);
    if (!injury || !heal) continue;
    struck.push(injury.name);
    healing.push(heal);
    await sleep(200 + random() * 1_200);
    // some heal while others are still there
    if (random() < 0.4) await healing.shift()?.();
  }
  note('injured');
  await Promise.all(healing.map((heal) => heal()));
  await Promise.all(world.members.map((member) => world.start(member)));
  world.ended.length = 0;
  await load.stop();
  note('healed');
  const client = await settle(world, catalogId, shop, breaches);
  clearInterval(watch);
  note('settled');
  let interruptions = 0;
  if (client) {
    const { items: runs } = await client.get<{ items: Run[] }>(
      `/api/v1/catalogs/${catalogId}/runs?limit=100`,
    );
    for (const run of runs) {
      interruptions += run.interruptions ?? 0;
      if (isOpen(run)) breaches.push(`run ${run.id} is ${run.status} still`);
      for (const p of run.phases)
        if (p.in !== p.done + p.skipped + p.blocked + p.failed)
          breaches.push(`the counts of "${p.name}" of ${run.id} do not add up: ${JSON.stringify(p)}`);
    }
  }
  const sends = new Map<string, number>();
  const requests = meta
    .requests()
    .filter(({ at, path }) => at.getTime() >= from && path.endsWith('/items_batch'));
  for (const { ids } of requests) for (const id of ids) sends.set(id, (sends.get(id) ?? 0) + 1);
  // a send whose answer was lost, or whose process died, is made once more; each injury can do that once or twice to an item
  const failed = requests.filter(({ status }) => status !== 200).length;
  for (const [id, times] of sends)
    if (shop.changes.has(id) && times > (shop.changes.get(id) ?? 0) + failed + 2 * struck.length)
      breaches.push(
        `${id} was sent ${times} times for ${shop.changes.get(id)} changes, ${failed} failed requests and ${struck.length} injuries`,
      );
  return { seed, injuries: struck, seconds: (Date.now() - from) / 1_000, parts, imports: load.imports(), interruptions, breaches }; // prettier-ignore
}

/** Any web process that answers; those that do not are passed over. */
async function ask<T>(world: World, work: (client: Client) => Promise<T>): Promise<T | undefined> {
  for (const client of world.clients()) {
    try {
      return await work(client);
    } catch (error) {
      world.log.push(`harness: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return undefined;
}

async function connect(world: World, catalogId: string): Promise<void> {
  const meta = world.sandbox.channel('meta').connect;
  const baseUrl = String(meta['baseUrl']).replace(/:\d+/, `:${world.channels.port}`);
  const at = `/api/v1/catalogs/${catalogId}`;
  for (const until = Date.now() + healWithinMs; Date.now() < until; await sleep(200)) {
    const done = await ask(world, async (client) => {
      await client.send('PUT', at, { name: 'Shop', currency: 'EUR', country: 'DE', language: 'en', shopUrl: 'https://shop.example', removalGuard: 1, guards: { pricesMoved: 1, newlyBlocked: 1, feedShrink: 1, rejected: 1 } }); // prettier-ignore
      await client.send('PUT', `${at}/channels/meta`, { ...meta, baseUrl });
      await client.send('PUT', `${at}/schedules/check`, { cron: '* * * * *' });
      return true;
    });
    if (done) return;
  }
  throw new Error(`no web process let itself be connected: ${world.log.slice(-5).join('\n')}`);
}

async function upload(client: Client, world: World, catalogId: string, csv: string): Promise<Run> {
  const query = new URLSearchParams({ name: 'shop.csv', imageFolder: world.folder });
  const body = new Blob([csv]).stream() as ReadableStream<Uint8Array>;
  return client.upload<Run>(`/api/v1/catalogs/${catalogId}/imports?${query}`, body, 'text/csv');
}

/** Imports the shop as it changes, one import after another, through whichever web process answers. */
function startLoad(world: World, catalogId: string, shop: Shop) {
  let isOver = false;
  let imports = 0;
  const { promise: firstIn, resolve } = Promise.withResolvers<void>();
  const work = (async () => {
    while (!isOver) {
      const run = await ask(world, (client) => upload(client, world, catalogId, shop.toCsv()));
      if (run) {
        imports += 1;
        shop.change();
        resolve();
      }
      await sleep(run ? 700 : 200);
    }
  })();
  return {
    firstIn,
    imports: () => imports,
    async stop() {
      isOver = true;
      await work;
    },
  };
}

/** What was seen at the channel once, and is in every version of the shop, must never be gone from there. */
function watchImmortal(world: World, shop: Shop, breaches: string[]): NodeJS.Timeout {
  const seen = new Set<string>();
  return setInterval(() => {
    const held = world.sandbox.channel('meta').contents();
    for (const id of shop.immortal) {
      if (held.has(id)) seen.add(id);
      else if (seen.delete(id)) breaches.push(`${id} was deleted though it is in every version of the shop`);
    }
  }, 50);
}

/** The last version is imported when all is well again; then the channel must hold exactly its valid items. */
async function settle(
  world: World,
  catalogId: string,
  shop: Shop,
  breaches: string[],
): Promise<Client | undefined> {
  const until = Date.now() + healWithinMs;
  let last: Run | undefined;
  let differences = ['nothing was imported'];
  while (Date.now() < until) {
    await connect(world, catalogId);
    // one import at a time: an earlier one may have to end first
    last = await ask(world, (client) => upload(client, world, catalogId, shop.toCsv()));
    while (last && isOpen(last) && Date.now() < until) {
      await sleep(150);
      const { id } = last;
      last =
        (await ask(world, (client) => client.get<Run>(`/api/v1/runs/${encodeURIComponent(id)}`))) ?? last;
    }
    for (let look = 0; look < 20 && last?.status === 'done'; look++) {
      differences = compare(world, shop);
      const open = await ask(world, async (client) => {
        const { items } = await client.get<{ items: Run[] }>(`/api/v1/catalogs/${catalogId}/runs?limit=100`);
        return items.some(isOpen);
      });
      if (differences.length === 0 && open === false) return world.clients()[0];
      await sleep(250);
    }
    await sleep(250);
  }
  breaches.push(
    `did not settle; the last import is ${last?.status ?? 'not there'}${last?.error ? ` (${last.error.message})` : ''}`,
    ...differences.slice(0, 5),
  );
  return world.clients()[0];
}

function compare(world: World, shop: Shop): string[] {
  const held = world.sandbox.channel('meta').contents();
  const valid = shop.valid();
  const differences: string[] = [];
  for (const [id, price] of valid) {
    const found = held.get(id)?.['price'];
    if (found !== price) differences.push(`the channel has ${id} at ${String(found)}, the shop at ${price}`);
  }
  for (const id of held.keys())
    if (shop.changes.has(id) && !valid.has(id)) {
      // a price that went missing blocks the item, and what was live stays as it was; here none ever loses its price
      differences.push(`the channel has ${id}, which the shop has not`);
    }
  return differences;
}
