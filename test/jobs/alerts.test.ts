import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SMTPServer } from 'smtp-server';
import { catalogSchema } from '../../catalog/catalog.ts';
import { createAlertStore } from '../../catalog/store/alerts.ts';
import { createCatalogStore } from '../../catalog/store/catalogs.ts';
import { createRunStore } from '../../catalog/store/runs.ts';
import { createSupplementStore } from '../../catalog/store/supplements.ts';
import { createScheduleStore } from '../../catalog/store/schedules.ts';
import { createFeedVersionStore } from '../../feeds/store/feed-versions.ts';
import { findProblems, reviewAlerts } from '../../jobs/alerts.ts';
import type { Job, JobContext } from '../../jobs/job.ts';
import { createEmbeddedQueue } from '../../jobs/queues/embedded.ts';
import { sendNotice } from '../../jobs/send-notice.ts';
import { openDatabase, type Database } from '../../services/database.ts';
import { createHttpClient } from '../../services/http-client.ts';
import { createNotifier } from '../../services/notify.ts';
import { createVault } from '../../services/vault.ts';
import { quiet, until } from '../support/queue-battery.ts';
import { testDatabase } from '../support/database.ts';

describe('alerts', () => {
  let folder: string;
  let database: Database;
  let ctx: JobContext;
  let hooks: Server;
  let failing = 0;
  const posts: {
    path: string;
    body: { what?: string; title?: string; text?: string };
    signature: unknown;
  }[] = [];
  const mails: string[] = [];
  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData(stream, _session, done) {
      void text(stream).then((mail) => {
        mails.push(mail);
        done();
      });
    },
  });
  let now = new Date('2026-05-01T03:00:00Z');

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'alerts-'));
    database = await openDatabase(testDatabase(), folder);
    hooks = createServer((req, res) => {
      void text(req).then((body) => {
        if (failing > 0) {
          failing -= 1;
          return res.writeHead(404).end();
        }
        posts.push({
          path: req.url ?? '',
          body: JSON.parse(body),
          signature: req.headers['x-shelfcast-signature'],
        });
        return res.end();
      });
    }).listen(0, '127.0.0.1');
    await once(hooks, 'listening');
    await new Promise<void>((resolve) => void smtp.listen(0, '127.0.0.1', resolve));
    const { connection } = database;
    const stores = {
      catalogs: createCatalogStore(connection),
      runs: createRunStore(connection),
      schedules: createScheduleStore(connection),
      alerts: createAlertStore(connection),
      feedVersions: createFeedVersionStore(connection),
      supplements: createSupplementStore(connection),
    };
    for (const store of Object.values(stores)) await store.sync();
    const notifier = createNotifier(
      stores.alerts,
      createVault('k'.repeat(32)),
      createHttpClient({ allowPrivate: ['*'] }),
    );
    const url = `http://127.0.0.1:${(hooks.address() as AddressInfo).port}`;
    const smtpPort = (smtp.server.address() as AddressInfo).port;
    await notifier.save({
      email: {
        smtpUrl: `smtp://127.0.0.1:${smtpPort}`,
        from: 'shelfcast@shop.example',
        to: ['you@shop.example'],
      },
      webhook: { url: `${url}/hook`, secret: 'a-secret-of-sixteen' },
      slack: { url: `${url}/slack` },
    });
    const queue = createEmbeddedQueue(connection, quiet, { pollMs: 20 });
    ctx = { log: quiet, now: () => now, stores, queue, channels: new Map(), targets: notifier.targets, notify: notifier.notify } as unknown as JobContext; // prettier-ignore
    queue.start([sendNotice as unknown as Job<never>], ctx);
    await stores.catalogs.save(catalogSchema.parse({ id: 'shop', name: 'Shop', currency: 'EUR', country: 'DE', shopUrl: 'https://shop.example' })); // prettier-ignore
  });
  afterAll(async () => {
    await ctx.queue.stop();
    hooks.close();
    smtp.close(() => undefined);
    await database.stop();
    await rm(folder, { recursive: true });
  });
  const start = () => ctx.stores.runs.start({ catalogId: 'shop', kind: 'import', startedBy: 'schedule', source: { name: 'shop.csv' } }, now); // prettier-ignore
  const later = (ms: number): void => void (now = new Date(now.getTime() + ms));

  it('come by mail, webhook and chat, once per problem however many clocks look, and again when it is over', async () => {
    const run = await start();
    await ctx.stores.runs.fail(
      run.id,
      { code: 'x', message: 'The file is gone.', hint: 'Put it back.' },
      now,
    );
    failing = 1;
    await Promise.all([reviewAlerts(ctx), reviewAlerts(ctx)]);
    await reviewAlerts(ctx);
    await until(() => posts.length === 2 && mails.length === 1);
    expect(posts.find(({ path }) => path === '/slack')?.body.text).toContain(
      '[shop] Problem: The last import failed',
    );
    expect(posts.find(({ path }) => path === '/hook')).toMatchObject({
      body: { what: 'begun', hint: 'Put it back.' },
      signature: expect.stringMatching(/^sha256=[0-9a-f]{64}$/),
    });
    expect(mails[0]).toContain('Subject: [shop] Problem: The last import failed');
    later(60_000);
    const good = await start();
    await ctx.stores.runs.addWork(good.id, { key: 'k', name: 'n', payload: {} });
    await ctx.stores.runs.endWork('k', await ctx.stores.runs.findWaiting('shop', 'k'), now);
    await reviewAlerts(ctx);
    await until(() => posts.length === 4 && mails.length === 2);
    expect(mails[1]).toContain('Subject: [shop] Over: The last import failed');
    expect(await ctx.stores.alerts.list('shop', 10)).toMatchObject([{ endedAt: now }]);
  });

  it('know a hold, a paused channel, one that stays at an earlier feed, and a source that has not changed for long', async () => {
    later(20 * 86_400_000);
    const run = await start();
    await ctx.stores.runs.addWork(run.id, { key: 'k', name: 'n', payload: {} });
    await ctx.stores.runs.endWork('k', await ctx.stores.runs.findWaiting('shop', 'k'), now);
    await ctx.stores.catalogs.pause('shop', 'meta', { code: 'c', message: 'The token is dead.', at: now });
    await ctx.stores.feedVersions.pin({ catalogId: 'shop', channel: 'meta', version: '1', items: 9, at: now, by: 'Ada', state: 'held' }); // prettier-ignore
    later(1_000);
    const held = await start();
    await ctx.stores.runs.addHold(held.id, { reason: 'feed_empty', channel: 'meta', message: 'none', before: 9, after: 0, missing: 9, sample: [] }, now); // prettier-ignore
    await ctx.stores.runs.endIfDone(held.id, now);
    const keys = (await findProblems('shop', ctx)).map(({ key }) => key);
    expect(keys.sort()).toEqual([
      'shop:held:feed_empty:meta',
      'shop:paused:meta',
      'shop:pinned:meta',
      'shop:unchanged',
    ]);
  });

  it('know a source that refuses us, once, and second sources that cannot be loaded', async () => {
    const { catalogs, runs, supplements } = ctx.stores;
    await catalogs.save(catalogSchema.parse({ id: 'other', name: 'Other', currency: 'EUR', country: 'DE', shopUrl: 'https://other.example' })); // prettier-ignore
    await catalogs.connectSource('other', { id: 'shopify', name: 'Tea shop', sealed: 's', connectedAt: now });
    const refused = { code: 'shopify_token_refused', message: 'The shop does not accept the token.' };
    await catalogs.pauseSource('other', 's', { ...refused, at: now });
    const run = await runs.start({ catalogId: 'other', kind: 'import', startedBy: 'schedule' }, now);
    await runs.fail(run.id, { ...refused, hint: 'Make a new one.' }, now);
    await supplements.save('other', 'prices', { sealed: 's', problem: { code: 'address_refused', message: 'No entry.', at: now, refused: true } }); // prettier-ignore
    await supplements.save('other', 'stock', { sealed: 's', problem: { code: 'address_no_answer', message: 'Nobody there.', at: now } }); // prettier-ignore
    const found = await findProblems('other', ctx);
    expect(found.map(({ key, severity, message }) => [key, severity, message])).toEqual([
      ['other:source', 'error', refused.message],
      ['other:second:prices', 'error', 'No entry.'],
      ['other:second:stock', 'warning', 'Nobody there.'],
    ]);
    await supplements.save('other', 'stock', { problem: undefined });
    expect((await findProblems('other', ctx)).map(({ key }) => key)).not.toContain('other:second:stock');
  });

  it('of very many shops come at once where something has happened, and from all others within some minutes', async () => {
    const { catalogs, supplements, alerts } = ctx.stores;
    const told = async (kind: string) =>
      (await alerts.listOpen()).filter(({ key }) => key.startsWith('many-') && key.includes(`:${kind}`))
        .length;
    const silent = { ...ctx, targets: () => Promise.resolve([]) };
    const shop = { currency: 'EUR', country: 'DE', shopUrl: 'https://shop.example' };
    for (let n = 100; n < 600; n++)
      await catalogs.save(catalogSchema.parse({ id: `many-${n}`, name: 'One of many', ...shop }));
    for (const id of ['many-300', 'many-301', 'many-302']) {
      await catalogs.pause(id, 'meta', { code: 'c', message: 'The token is dead.', at: now });
      await catalogs.pause(id, 'google', { code: 'c', message: 'The token is dead.', at: now });
    }
    // beside each other, so that each has another turn
    for (const id of ['many-400', 'many-401', 'many-402'])
      await supplements.save(id, 'stock', { sealed: 's', problem: { code: 'address_no_answer', message: 'Nobody.', at: now } }); // prettier-ignore
    await reviewAlerts(silent);
    expect([await told('paused'), await told('second')]).toEqual([6, 1]);
    for (let minute = 0; minute < 2; minute++) {
      later(60_000);
      await reviewAlerts(silent);
    }
    expect([await told('paused'), await told('second')]).toEqual([6, 3]);
    await catalogs.resume('many-301', 'meta');
    await catalogs.resume('many-302', 'meta');
    await catalogs.resume('many-302', 'google');
    await reviewAlerts(silent);
    expect(await told('paused')).toBe(3);
  });
});
