import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { ChannelError } from '../../catalog/errors.ts';
import { guardsSchema } from '../../catalog/guards.ts';
import { createCatalogStore, type CatalogStore } from '../../catalog/store/catalogs.ts';
import type { Channel } from '../../feeds/channel.ts';
import { channel as meta } from '../../feeds/channels/meta/index.ts';
import type { JobContext } from '../../jobs/job.ts';
import { openChannel } from '../../jobs/open-channel.ts';
import { createConnector } from '../../services/connector.ts';
import { openDatabase, type Database } from '../../services/database.ts';
import { createVault } from '../../services/vault.ts';
import { quiet } from '../support/queue-battery.ts';
import { testDatabase } from '../support/database.ts';

const vault = createVault('a key of at least thirty-two characters');
const options = z.object({ account: z.string(), token: z.string() });
const made: z.infer<typeof options>[] = [];
let refresh: (token: string) => Promise<void> = async () => undefined;
const channel: Channel<z.infer<typeof options>> = {
  ...meta,
  id: 'tokens',
  options,
  connect(given, _http, keep) {
    made.push(given);
    refresh = (token) => keep({ token });
    return { test: async () => ({ name: given.account }) };
  },
};
let folder: string;
let database: Database;
let catalogs: CatalogStore;
const stored = async (): Promise<unknown> => vault.open((await catalogs.credentials('shop'))['tokens'] ?? '');
const connector = () =>
  createConnector({
    catalogs, vault, channels: new Map([['tokens', channel as unknown as Channel]]),
    http: { fetch: async () => Promise.reject(new Error('nobody is asked')) },
  }); // prettier-ignore

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shelfcast-connector-'));
  database = await openDatabase(testDatabase(), folder);
  catalogs = createCatalogStore(database.connection);
  await catalogs.save({
    id: 'shop', name: 'Shop', currency: 'EUR', country: 'DE', language: 'en', shopUrl: 'https://shop.example',
    timeZone: 'UTC', removalGuard: 0.2, guards: guardsSchema.parse({}), channels: ['tokens'],
  }); // prettier-ignore
});
afterAll(async () => {
  await database.stop();
  await rm(folder, { recursive: true, force: true });
});

it('keeps one API while the credentials stay, with what the API itself has changed', async () => {
  await catalogs.saveCredentials('shop', 'tokens', vault.seal({ account: 'A', token: 'old' }));
  const connect = connector();
  const first = await connect('shop', 'tokens');
  await refresh('new');
  expect(await stored()).toEqual({ account: 'A', token: 'new' });
  expect((await catalogs.credentials('shop'))['tokens']).not.toContain('new');
  expect(await connect('shop', 'tokens')).toBe(first);
  await catalogs.saveCredentials('shop', 'tokens', vault.seal({ account: 'B', token: 'old' }));
  expect(await connect('shop', 'tokens')).not.toBe(first);
  expect(made.at(-1)).toEqual({ account: 'B', token: 'old' });
});

it('merges a change into what is stored now, and brings back nothing that is disconnected', async () => {
  await catalogs.saveCredentials('shop', 'tokens', vault.seal({ account: 'A', token: 'old' }));
  await connector()('shop', 'tokens');
  await catalogs.saveCredentials('shop', 'tokens', vault.seal({ account: 'C', token: 'older' }));
  await Promise.all([refresh('one'), refresh('two')]);
  expect(await stored()).toMatchObject({ account: 'C', token: expect.stringMatching(/^(one|two)$/) });
});

it('goes on with a kept change after a restart', async () => {
  await catalogs.saveCredentials('shop', 'tokens', vault.seal({ account: 'A', token: 'old' }));
  await connector()('shop', 'tokens');
  await refresh('kept');
  await connector()('shop', 'tokens');
  expect(made.at(-1)).toEqual({ account: 'A', token: 'kept' });
});

it('pauses a channel for what it refuses now, never for settings that somebody has replaced meanwhile', async () => {
  const connect = connector();
  const ctx = {
    connect, stores: { catalogs }, channels: new Map(), log: quiet, now: () => new Date(),
  } as unknown as JobContext; // prettier-ignore
  const refusal = new ChannelError('token_dead', 'The token is dead.');
  await catalogs.saveCredentials('shop', 'tokens', vault.seal({ account: 'A', token: 'dead' }));
  const early = await openChannel('shop', 'tokens', ctx);
  await catalogs.saveCredentials('shop', 'tokens', vault.seal({ account: 'A', token: 'alive' }));
  await expect(early?.pause(refusal)).rejects.toMatchObject({ code: 'token_dead', next: 'retry' });
  expect(await catalogs.paused('shop')).toEqual({});
  await (await openChannel('shop', 'tokens', ctx))?.pause(refusal);
  expect(await catalogs.paused('shop')).toMatchObject({ tokens: { code: 'token_dead' } });
  expect(await openChannel('shop', 'tokens', ctx)).toBeUndefined();
});

it('pauses a source only for the settings that were refused', async () => {
  const connectAs = (sealed: string) =>
    catalogs.connectSource('shop', { id: 'address', sealed, name: 'Shop', connectedAt: new Date() });
  await connectAs('dead');
  await connectAs('alive');
  const reason = { code: 'refused', message: 'No.', at: new Date() };
  await catalogs.pauseSource('shop', 'dead', reason);
  expect((await catalogs.source('shop'))?.paused).toBeUndefined();
  await catalogs.pauseSource('shop', 'alive', reason);
  expect((await catalogs.source('shop'))?.paused).toEqual(reason);
});
