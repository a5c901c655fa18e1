/** The walk in a process of its own, killed with SIGKILL when a step has just begun, then started again. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createClient, type Client } from '../services/cli/client.ts';
import { startSandbox, type Sandbox } from '../services/sandbox/start.ts';
import { isOpen, type Run } from '../catalog/run.ts';
import { drawImage } from './support/service.ts';

const token = 'test-token-of-at-least-32-characters-000';
const root = join(import.meta.dirname, '..');
const products = 120;
const valid = Array.from({ length: products }, (_, n) => `SKU-${n}`).filter((_, n) => n % 10 !== 0);

function shopFile(): string {
  const head =
    'Handle,Title,Body (HTML),Vendor,Option1 Name,Option1 Value,Variant SKU,Variant Price,Image Src,Status';
  const rows = Array.from({ length: products }, (_, n) => {
    // every tenth has no price and must never get to the channel
    const price = n % 10 === 0 ? '' : `${n}.50`;
    return `thing-${n},Thing number ${n},<p>A thing of use.</p>,Maker,Title,Default Title,SKU-${n},${price},images/${n % 8}.jpg,active`;
  });
  return [head, ...rows].join('\n');
}

describe('a walk that is killed', () => {
  let folder: string;
  let sandbox: Sandbox;
  let child: ChildProcess | undefined;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'killed-'));
    for (let n = 0; n < 8; n++) await drawImage(folder, `${n}.jpg`, 900 + n, `hsl(${n * 40}, 60%, 50%)`);
    await writeFile(join(folder, 'shop.csv'), shopFile());
  });
  afterAll(async () => {
    child?.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });

  async function start(dataDir: string): Promise<Client> {
    child = spawn(process.execPath, [join(root, 'services/cli/main.ts'), 'serve'], {
      cwd: folder,
      env: {
        PATH: process.env['PATH'] ?? '',
        DATA_DIR: dataDir,
        PORT: '0',
        API_TOKEN: token,
        ENCRYPTION_KEY: token,
        IMPORT_FOLDER: folder,
        ALLOW_PRIVATE_HOSTS: '127.0.0.1',
        CHECK_EVERY_MS: '50',
        LOG_LEVEL: 'warn',
        LOG_FORMAT: 'json',
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    for await (const chunk of child.stdout ?? []) {
      said += String(chunk);
      const url = /Shelfcast is at (\S+)/.exec(said)?.[1];
      if (url) return createClient(url, token);
    }
    throw new Error('the service ended before it had started');
  }
  async function kill(): Promise<void> {
    const dying = child;
    if (!dying || dying.exitCode !== null) return;
    dying.kill('SIGKILL');
    await once(dying, 'exit');
  }
  const runOf = (client: Client, id: string): Promise<Run> =>
    client.get(`/api/v1/runs/${encodeURIComponent(id)}`);
  async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
    for (let round = 0; round < 1_500; round++) {
      const found = await look();
      if (found !== undefined) return found;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error('did not come true within 60 seconds');
  }

  it.each(['import', 'images', 'check', 'feed for meta', 'push to meta', 'verdicts of meta'])(
    'in its step "%s" goes on after a restart, and the channel ends with exactly the valid items',
    async (step) => {
      sandbox = await startSandbox({ processingMs: 150, reviewMs: 50, fetchImages: false });
      const dataDir = join(folder, `data-${step.replaceAll(' ', '-')}`);
      try {
        const first = await start(dataDir);
        await first.send('PUT', '/api/v1/catalogs/shop', {
          name: 'Shop', currency: 'EUR', country: 'DE', language: 'en', shopUrl: 'https://shop.example',
        }); // prettier-ignore
        await first.send('PUT', '/api/v1/catalogs/shop/channels/meta', sandbox.channel('meta').connect);
        const query = new URLSearchParams({ imageFolder: folder });
        const body = new Blob([shopFile()]).stream() as ReadableStream<Uint8Array>;
        const { id } = await first.upload<Run>(`/api/v1/catalogs/shop/imports?${query}`, body, 'text/csv');
        await until(async () => {
          const run = await runOf(first, id);
          return !isOpen(run) || run.phases.some(({ name }) => name === step) || undefined;
        });
        await kill();

        const second = await start(dataDir);
        const ended = await until(async () => {
          const run = await runOf(second, id);
          return isOpen(run) ? undefined : run;
        });
        expect(ended.status).toBe('done');
        expect([...sandbox.channel('meta').contents().keys()].sort()).toEqual([...valid].sort());
        const { channels } = await second.get<{ channels: Record<string, Record<string, number>> }>(
          '/api/v1/catalogs/shop/status',
        );
        expect(channels['meta']).toMatchObject({ accepted: valid.length, blocked: products - valid.length });
      } finally {
        await kill();
        await sandbox.stop();
      }
    },
  );
});
