/** Prepared images a second beside a bare sharp loop that does the same steps on the same files, both cores in use. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import PQueue from 'p-queue';
import sharp, { type Sharp } from 'sharp';
import type { Context } from '../catalog/context.ts';
import type { ImageRule } from '../catalog/image-rule.ts';
import { createImagePool } from '../catalog/images.ts';
import { createFolderFileStore } from '../services/file-store.ts';
import { createHttpClient } from '../services/http-client.ts';
import { atLeast, notMeasured, plain, seconds, type BenchResult } from './result.ts';
import { installVipsthumbnail, runVipsthumbnail } from './vipsthumbnail.ts';

const count = 60;
const side = 3_000;
const rule: ImageRule = {
  minWidth: 500, minHeight: 500, maxWidth: 1_024, maxHeight: 1_024, maxBytes: 8_000_000, formats: ['jpeg', 'png'], aspect: 1,
}; // prettier-ignore

/** Pictures with detail, none like another, in the formats that shops upload. */
async function draw(folder: string): Promise<void> {
  await mkdir(folder);
  const noise = await sharp({
    create: {
      width: 600,
      height: 400,
      channels: 3,
      background: '#888',
      noise: { type: 'gaussian', mean: 128, sigma: 40 },
    },
  })
    .resize(side, (side * 2) / 3)
    .png({ compressionLevel: 1 })
    .toBuffer();
  for (let n = 0; n < count; n++) {
    const image = sharp(noise).modulate({ hue: n * 6 });
    const [name, made] =
      n % 6 === 5 ? ['webp', image.webp({ quality: 80 })] : n % 6 === 4 ? ['png', image.ensureAlpha(0.9).png({ compressionLevel: 1 })] : ['jpg', image.jpeg({ quality: 88 })]; // prettier-ignore
    await writeFile(join(folder, `${n}.${name as string}`), await (made as Sharp).toBuffer());
  }
}

const size = `${rule.maxWidth}x${rule.maxHeight}`;

async function bareLoop(folder: string, names: readonly string[]): Promise<void> {
  const queue = new PQueue({ concurrency: availableParallelism() });
  for (const name of names)
    void queue.add(async () => {
      const bytes = await readFile(join(folder, name));
      const { width, height } = await sharp(bytes).metadata();
      const scale = rule.maxWidth / Math.max(width, height);
      const [w, h] = [Math.round(width * scale), Math.round(height * scale)];
      const [x, y] = [rule.maxWidth - w, rule.maxHeight - h];
      await sharp(bytes, { sequentialRead: true })
        .autoOrient()
        .resize({ width: w, height: h, fit: 'inside' })
        .flatten({ background: '#fff' })
        .toColourspace('srgb')
        .extend({ left: x >> 1, right: x - (x >> 1), top: y >> 1, bottom: y - (y >> 1), background: '#fff' })
        .jpeg({ quality: 86 })
        .toBuffer();
    });
  await queue.onIdle();
}

const thumbnails = 'vipsthumbnail (one process, no padding, no check)';

export default async function bench(): Promise<BenchResult[]> {
  const missing = installVipsthumbnail();
  const root = await mkdtemp(join(tmpdir(), 'bench-images-'));
  const folder = join(root, 'pictures');
  try {
    await draw(folder);
    const names = await readdir(folder);
    const log = { debug() {}, info() {}, warn() {}, error() {}, child: () => log };
    const prepareAll = async (round: number): Promise<void> => {
      const files = createFolderFileStore(join(root, `files-${round}`), 'http://files');
      const ctx: Context = { log, files, http: createHttpClient(), now: () => new Date() };
      const pool = createImagePool(ctx);
      const made = await Promise.all(names.map((url) => pool.prepare({ url, localFolder: folder }, rule)));
      const failed = made.filter((image) => image.key === undefined);
      if (failed.length > 0) throw new Error(`${failed.length} images failed: ${failed[0]?.issue?.message}`);
    };
    // in turns, so that both meet the same machine; the best of three of each
    const bare: number[] = [];
    const ours: number[] = [];
    const vips: number[] = [];
    for (let round = 0; round < 3; round++) {
      bare.push(await seconds(() => bareLoop(folder, names)));
      ours.push(await seconds(() => prepareAll(round)));
      if (missing === undefined)
        vips.push(await seconds(async () => runVipsthumbnail(folder, names, size, root)));
    }
    const [floor, mine] = [Math.min(...bare), Math.min(...ours)];
    return [
      plain('bare sharp loop', count / floor, 'images/s'),
      plain('prepareImage', count / mine, 'images/s'),
      missing === undefined
        ? plain(thumbnails, count / Math.min(...vips), 'images/s')
        : notMeasured(`${thumbnails}: ${missing}`, 'images/s'),
      plain('peak memory of the process', process.resourceUsage().maxRSS / 1024, 'MB'),
      atLeast('prepareImage / bare sharp', floor / mine, 'x', 0.85),
    ];
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}
