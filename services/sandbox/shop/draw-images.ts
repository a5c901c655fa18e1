/**
 * Draws the sample shop's product photographs, the good and the faulty, from shapes.svg and images.json.
 * The one place outside catalog/images*.ts that uses sharp: it makes what the sync later has to prepare.
 */
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { composePicture } from './compose-picture.ts';
import { loadPictures, type Picture } from './pictures.ts';

/** Draws into `folder` what is not there yet, under the last part of each name; answers how many files it wrote. */
export async function drawShopImages(folder: string): Promise<number> {
  const [pictures, shapes] = await Promise.all([loadPictures(), loadShapes()]);
  await mkdir(folder, { recursive: true });
  const there = new Set(await readdir(folder));
  const missing = pictures.filter((picture) => !there.has(fileName(picture)));
  // The slowest first, so that no core ends with a long one alone.
  const waiting = missing.sort((a, b) => b.width * b.height - a.width * a.height).values();
  async function work(): Promise<void> {
    for (const picture of waiting) {
      const path = join(folder, fileName(picture));
      const part = `${path}.${process.pid}.part`;
      await writeFile(part, await drawPicture(picture, shapes));
      await rename(part, path);
    }
  }
  await Promise.all([work(), work(), work(), work()]);
  return missing.length;
}

const fileName = (picture: Picture): string => picture.name.replace(/^images\//, '');

/** The groups of shapes.svg by id. */
async function loadShapes(): Promise<Map<string, string>> {
  const text = await readFile(new URL('./shapes.svg', import.meta.url), 'utf8');
  const groups = text.matchAll(/^<g id="([a-z]+)">.*<\/g>$/gm);
  return new Map([...groups].map(([group, id = '']) => [id, group]));
}

async function drawPicture(picture: Picture, shapes: Map<string, string>): Promise<Buffer> {
  if (picture.special === 'text')
    return Buffer.from('The photographer said she would send this one on Monday.\n');
  const shape = shapes.get(picture.draw);
  if (shape === undefined) throw new Error(`images.json: ${picture.name} wants the shape "${picture.draw}"`);
  const image = encode(sharp(Buffer.from(composePicture(picture, shape))), picture);
  const bytes = await image.toBuffer();
  return picture.special === 'truncated' ? bytes.subarray(0, bytes.length / 3) : bytes;
}

/** Fast settings everywhere: the pictures are flat, and the demo waits for them. */
function encode(image: Sharp, { name, special }: Picture): Sharp {
  // Orientation 6 says "turn me right by 90 degrees", so the stored picture lies on its left side.
  if (special === 'exif6') return image.flatten().rotate(-90).withMetadata({ orientation: 6 }).jpeg();
  if (special === 'cmyk') return image.flatten().toColourspace('cmyk').jpeg();
  const flat = special === 'alpha' ? image : image.flatten({ background: '#ffffff' });
  if (name.endsWith('.png')) return flat.png({ compressionLevel: 4 });
  if (name.endsWith('.webp')) return flat.webp({ effort: 1 });
  if (name.endsWith('.avif')) return flat.avif({ effort: 0 });
  if (name.endsWith('.tiff')) return flat.tiff({ compression: 'deflate' });
  if (name.endsWith('.gif')) return flat.gif({ effort: 1 });
  return flat.jpeg({ quality: 84 });
}
