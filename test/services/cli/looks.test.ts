/** What people and machines see of a service at work: the command line, the doctor and Prometheus' metrics. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { json, text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { KeptVersion } from '../../../jobs/feed-versions.ts';
import type { Examined } from '../../../services/doctor.ts';
import { connectShop, drawImage, importText, startTestShop, type TestShop } from '../../support/service.ts';

const main = join(import.meta.dirname, '../../../services/cli/main.ts');
const header = 'id,title,description,price,availability,link,image_link,brand';
const csv = (price: string): string =>
  `${header}\nA,Mug,A mug of stoneware.,${price},in stock,https://shop.example/a,images/a.jpg,Clay\nB,Cup,A cup of stoneware.,free,in stock,https://shop.example/b,images/a.jpg,Clay`;

describe('a service at work', () => {
  let shop: TestShop;
  let receiver: Server;
  const notices: unknown[] = [];
  const run = async (...words: string[]): Promise<{ code: number | null; out: string }> => {
    const { port } = new URL(shop.service.url);
    const { apiToken: API_TOKEN, encryptionKey: ENCRYPTION_KEY } = shop.config;
    const child = spawn(process.execPath, [main, ...words], {
      env: { PATH: process.env['PATH'] ?? '', PORT: port, DATA_DIR: shop.folder, API_TOKEN, ENCRYPTION_KEY },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [out, error] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
    return { code: child.exitCode, out: `${out}${error}` };
  };

  beforeAll(async () => {
    shop = await startTestShop();
    receiver = createServer((req, res) => {
      void json(req).then((body) => {
        notices.push(body);
        res.end();
      });
    }).listen(0, '127.0.0.1');
    await once(receiver, 'listening');
    await drawImage(shop.folder, 'a.jpg', 700, '#457b9d');
    await connectShop(shop);
    await importText(shop, csv('10 EUR'));
    await importText(shop, csv('12 EUR'));
  });
  afterAll(async () => {
    await shop.stop();
    receiver.close();
  });

  it('is measured: items by status, jobs, runs, requests and the rate left', async () => {
    const metrics = await (await shop.client.text('/metrics')).text();
    const value = (line: string): number =>
      Number(metrics.split('\n').find((one) => one.startsWith(`${line} `))?.slice(line.length + 1)); // prettier-ignore
    expect(value('shelfcast_listings{catalog="shop",channel="meta",status="accepted"}')).toBe(1);
    expect(value('shelfcast_listings{catalog="shop",channel="meta",status="blocked"}')).toBe(1);
    expect(value('shelfcast_jobs{state="failed"}')).toBe(0);
    expect(metrics).toMatch(/^shelfcast_channel_requests\{channel="meta",account="[^"]+"\} [1-9]/m);
    expect(metrics).toMatch(/^shelfcast_channel_errors\{channel="meta",account="[^"]+"\} 0$/m);
    expect(metrics).toMatch(/^shelfcast_channel_budget_left\{channel="meta",account="[^"]+"\} \d/m);
    expect(metrics).toMatch(/^# TYPE shelfcast_run_age_seconds gauge$/m);
  });

  it('is examined by the doctor, who says what to do about a dead token', async () => {
    const names = ['database', 'clock', 'queue', 'jobs', 'file store', 'disk', 'credentials of shop at meta'];
    const { items: well } = await shop.client.get<{ items: Examined[] }>('/api/v1/doctor');
    expect(well.map(({ name }) => name)).toEqual(names);
    expect(well.filter(({ ok, name }) => !ok && name !== 'disk')).toEqual([]);
    shop.sandbox.channel('meta').behave({ tokenExpired: true });
    const { code, out } = await run('doctor');
    shop.sandbox.channel('meta').behave({ tokenExpired: false });
    expect(out).toMatch(/connect meta/);
    expect(code).not.toBe(0);
  });

  it('shows the versions of a feed, what differs, and goes back and on again by command', async () => {
    const shown = JSON.parse((await run('feed', 'versions', 'meta', '--json')).out) as {
      items: KeptVersion[];
    };
    const [young, old] = shown.items;
    const difference = await run('feed', 'diff', 'meta', old?.version ?? '');
    expect(difference.out).toMatch(/0 added, 0 removed, 1 changed/);
    expect(difference.out).toMatch(/10\.00 EUR/);
    expect((await run('feed', 'return', 'meta', old?.version ?? '')).out).toMatch(
      /shelfcast feed resume meta/,
    );
    expect((await run('feed', 'versions', 'meta')).out).toMatch(new RegExp(`went back to ${old?.version}`));
    expect((await run('feed', 'resume', 'meta')).code).toBe(0);
    expect((await run('feed', 'resume', 'meta')).code).toBe(3);
    expect(young?.served).toBe(true);
  });

  it('has its alerts set, tried and shown by command, without the secrets', async () => {
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/a-secret-path`;
    const set = await run('alerts', 'set', '--webhook', url, '--webhook-secret', 'a-secret-of-sixteen');
    expect(set.out).toMatch(/webhook at 127\.0\.0\.1:\d+, signed/);
    expect((await run('alerts', 'test')).out).toMatch(/webhook: sent/);
    expect(notices).toMatchObject([{ what: 'test' }]);
    expect((await run('alerts', 'settings')).out).not.toMatch(/a-secret/);
    expect(await run('alerts', 'set', '--smtp', 'smtp://127.0.0.1')).toMatchObject({ code: 2 });
    expect(await run('alerts', 'list')).toMatchObject({ code: 0 });
  });
});
