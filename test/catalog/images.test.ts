import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import type { Context } from '../../catalog/context.ts';
import type { ImageRule } from '../../catalog/image-rule.ts';
import { createImagePool, strictest, type ImagePool } from '../../catalog/images.ts';
import { createFolderFileStore } from '../../services/file-store.ts';
import { createHttpClient } from '../../services/http-client.ts';

const rule: ImageRule = {
  minWidth: 500, minHeight: 500, maxWidth: 1024, maxHeight: 1024, maxBytes: 8_000_000, formats: ['jpeg', 'png'], aspect: 1,
}; // prettier-ignore
const log = { debug() {}, info() {}, warn() {}, error() {}, child: () => log };
const flat = (width: number, height: number, color = '#2a6f97') =>
  sharp({ create: { width, height, channels: 4, background: color } });

describe('preparing an image', () => {
  let folder: string;
  let server: Server;
  let base: string;
  let pool: ImagePool;
  let ctx: Context;
  const served = new Map<string, { body: Buffer; etag?: string; status?: number }>();
  const asked: string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'images-'));
    server = createServer((req, res) => {
      asked.push(req.url ?? '');
      const file = served.get(req.url ?? '');
      if (!file) return void res.writeHead(404).end();
      if (file.etag && req.headers['if-none-match'] === file.etag) return void res.writeHead(304).end();
      res.writeHead(file.status ?? 200, file.etag ? { etag: file.etag } : {}).end(file.body);
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  beforeEach(async () => {
    asked.length = 0;
    const files = createFolderFileStore(await mkdtemp(join(folder, 'files-')), 'http://files');
    ctx = { log, files, http: createHttpClient({ allowPrivate: ['127.0.0.1'] }), now: () => new Date(0) };
    pool = createImagePool(ctx);
  });
  afterAll(async () => {
    server.close();
    await rm(folder, { recursive: true });
  });
  const pixels = async (key: string | undefined) => {
    const chunks: Buffer[] = [];
    for await (const chunk of await ctx.files.open(key ?? '')) chunks.push(chunk as Buffer);
    return sharp(Buffer.concat(chunks)).raw().toBuffer({ resolveWithObject: true });
  };

  it('pads to the asked aspect on white without cropping, and scales down to the maximum', async () => {
    served.set('/wide.jpg', { body: await flat(2000, 1000).jpeg().toBuffer() });
    const image = await pool.prepare({ url: `${base}/wide.jpg` }, rule);
    expect(image).toMatchObject({
      width: 1024,
      height: 1024,
      original: { width: 2000, height: 1000, format: 'jpeg' },
    });
    const { data, info } = await pixels(image.key);
    expect([...data.subarray(0, 3)].every((value) => value > 250)).toBe(true);
    const middle = (512 * info.width + 512) * info.channels;
    expect(data[middle]).toBeLessThan(80);
  });

  it('turns transparency white', async () => {
    served.set('/clear.png', { body: await flat(600, 600, '#00000000').png().toBuffer() });
    const image = await pool.prepare({ url: `${base}/clear.png` }, rule);
    expect((await pixels(image.key)).data[0]).toBeGreaterThan(250);
  });

  it('turns by EXIF before it measures', async () => {
    served.set('/turned.jpg', {
      body: await flat(900, 600).jpeg().withMetadata({ orientation: 6 }).toBuffer(),
    });
    const image = await pool.prepare({ url: `${base}/turned.jpg` }, { ...rule, aspect: 2 / 3 });
    expect(image).toMatchObject({ original: { width: 600, height: 900 }, width: 600, height: 900 });
  });

  it('makes a JPEG of WebP, AVIF, TIFF and GIF', async () => {
    for (const format of ['webp', 'avif', 'tiff', 'gif'] as const) {
      served.set(`/a.${format}`, { body: await flat(640, 640).toFormat(format).toBuffer() });
      expect(await pool.prepare({ url: `${base}/a.${format}` }, rule)).toMatchObject({
        format: 'jpeg',
        original: { format },
      });
    }
  });

  it('never scales up: a small image is refused with its real size', async () => {
    served.set('/small.jpg', { body: await flat(300, 200).jpeg().toBuffer() });
    const { issue, key } = await pool.prepare({ url: `${base}/small.jpg` }, rule);
    expect(key).toBeUndefined();
    expect(issue).toMatchObject({ code: 'image_too_small', severity: 'error', value: '300x200' });
  });

  it('lowers quality, then size, until the bytes hold', async () => {
    const noise = await sharp({
      create: {
        width: 1500,
        height: 1500,
        channels: 3,
        background: '#888',
        noise: { type: 'gaussian', mean: 128, sigma: 60 },
      },
    })
      .jpeg({ quality: 98 })
      .toBuffer();
    served.set('/noise.jpg', { body: noise });
    const image = await pool.prepare({ url: `${base}/noise.jpg` }, { ...rule, maxBytes: 150_000 });
    expect(image.issue).toBeUndefined();
    expect(image.bytes).toBeLessThanOrEqual(150_000);
  });

  it('says what is wrong with a page, a torn file and a missing one', async () => {
    const whole = await flat(900, 900).jpeg().toBuffer();
    served.set('/page.jpg', { body: Buffer.from('<!doctype html><p>Not found') });
    served.set('/torn.jpg', { body: whole.subarray(0, whole.length / 2) });
    const codes = await Promise.all(
      ['/page.jpg', '/torn.jpg', '/none.jpg'].map(
        async (path) => (await pool.prepare({ url: base + path }, rule)).issue?.code,
      ),
    );
    expect(codes).toEqual(['image_not_an_image', 'image_corrupt', 'image_http_status']);
  });

  it('refuses a picture of too many pixels before it opens it', async () => {
    const bomb = Buffer.from(await flat(600, 600).png().toBuffer());
    bomb.writeUInt32BE(60_000, 16);
    bomb.writeUInt32BE(60_000, 20);
    served.set('/bomb.png', { body: bomb });
    const { issue } = await pool.prepare({ url: `${base}/bomb.png` }, rule);
    expect(['image_too_many_pixels', 'image_not_an_image']).toContain(issue?.code);
  });

  it('fetches an address once, however many ask at a time', async () => {
    served.set('/one.jpg', { body: await flat(700, 700).jpeg().toBuffer() });
    const images = await Promise.all(
      Array.from({ length: 20 }, () => pool.prepare({ url: `${base}/one.jpg` }, rule)),
    );
    expect(new Set(images.map(({ key }) => key)).size).toBe(1);
    expect(asked).toEqual(['/one.jpg']);
  });

  it('gives the same bytes under two addresses one rendition', async () => {
    const body = await flat(710, 710).jpeg().toBuffer();
    served.set('/x.jpg', { body }).set('/y.jpg', { body });
    const [x, y] = [
      await pool.prepare({ url: `${base}/x.jpg` }, rule),
      await pool.prepare({ url: `${base}/y.jpg` }, rule),
    ];
    expect(y.key).toBe(x.key);
  });

  it('asks again with the ETag and keeps what has not changed', async () => {
    served.set('/tagged.jpg', { body: await flat(720, 720).jpeg().toBuffer(), etag: '"one"' });
    const first = await pool.prepare({ url: `${base}/tagged.jpg` }, rule);
    expect(await pool.prepare({ url: `${base}/tagged.jpg` }, rule, first)).toEqual(first);
    served.set('/tagged.jpg', { body: await flat(730, 730, '#e76f51').jpeg().toBuffer(), etag: '"two"' });
    const second = await pool.prepare({ url: `${base}/tagged.jpg` }, rule, first);
    expect(second.key).not.toBe(first.key);
  });

  it('keeps yesterday’s picture when today’s fetch fails, and says that it is stale', async () => {
    served.set('/gone.jpg', { body: await flat(740, 740).jpeg().toBuffer() });
    const first = await pool.prepare({ url: `${base}/gone.jpg` }, rule);
    served.delete('/gone.jpg');
    const second = await pool.prepare({ url: `${base}/gone.jpg` }, rule, first);
    expect(second).toMatchObject({
      key: first.key,
      stale: true,
      issue: { severity: 'warning', code: 'image_http_status' },
    });
  });

  it('fetches from public addresses only, also after a redirect', async () => {
    ctx = { ...ctx, http: createHttpClient() };
    const codes = await Promise.all(
      [
        `${base}/one.jpg`,
        base.replace('127.0.0.1', 'localhost'),
        'http://169.254.169.254/latest',
        'http://[::ffff:127.0.0.1]/a.jpg',
      ].map(async (url) => (await createImagePool(ctx).prepare({ url }, rule)).issue?.code),
    );
    expect(codes).toEqual(Array(4).fill('image_address_private'));
  });

  it('reads beside the file when the import allows it, and never outside', async () => {
    const root = await mkdtemp(join(folder, 'local-'));
    await writeFile(join(root, 'a.jpg'), await flat(800, 800).jpeg().toBuffer());
    await symlink('/etc/hostname', join(root, 'link.jpg'));
    const codeOf = async (url: string, localFolder?: string) =>
      (await pool.prepare({ url, ...(localFolder ? { localFolder } : {}) }, rule)).issue?.code;
    expect(await codeOf('a.jpg', root)).toBeUndefined();
    expect(await codeOf('a.jpg')).toBe('image_address_invalid');
    expect(await codeOf('link.jpg', root)).toBe('image_outside_folder');
    expect(await codeOf('../../etc/passwd', root)).toMatch(/image_(outside_folder|missing)/);
    expect(await codeOf('/etc/passwd', root)).toBe('image_address_invalid');
  });

  it('joins the rules of several channels into the strictest', () => {
    const other: ImageRule = { ...rule, minWidth: 600, maxBytes: 100, formats: ['jpeg'] };
    expect(strictest([rule, other])).toMatchObject({
      minWidth: 600,
      minHeight: 500,
      maxBytes: 100,
      formats: ['jpeg'],
    });
  });

  const hard = join(import.meta.dirname, '../../../shared/data/images');
  (existsSync(hard) ? it : it.skip)(
    'prepares or refuses, with the true reason, every hard image at hand',
    async () => {
      const small = { ...rule, minWidth: 1, minHeight: 1 };
      const refused: Record<string, string | undefined> = {};
      for (const name of await readdir(hard)) {
        const image = await pool.prepare({ url: name, localFolder: hard }, small);
        expect(image.key === undefined).toBe(image.issue !== undefined);
        if (image.issue) refused[name] = image.issue.code;
      }
      expect(refused).toEqual({
        'corrupt-header.jpg': 'image_not_an_image',
        'truncated.jpg': 'image_corrupt',
        'truncated.png': 'image_corrupt',
      });
    },
  );
});
