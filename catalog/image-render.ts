/** Turns the bytes of an image into a rendition that a channel takes; the only user of sharp in the walk. */
import { availableParallelism } from 'node:os';
import sharp, { type Metadata, type Sharp } from 'sharp';
import type { ImageRule } from './image-rule.ts';
import type { Issue } from './issue.ts';

export const workers = availableParallelism();
// one image, one thread: several images side by side keep the cores busier than one image on several threads
sharp.concurrency(1);
sharp.cache(false);

/** About 16,000 x 12,000; more is a bomb or a mistake. */
const maxPixels = 192_000_000;
const readable = new Set(['jpeg', 'png', 'webp', 'gif', 'tiff', 'heif', 'avif', 'jxl', 'svg']);
/** Steps of JPEG quality until the rule's bytes hold; then the size goes down. */
const qualities = [86, 78, 68, 56];
const white = { r: 255, g: 255, b: 255 };

export interface Rendered {
  data: Buffer;
  width: number;
  height: number;
  format: 'jpeg' | 'png';
  original: { width: number; height: number; format: string; bytes: number };
}

/** An image that cannot be used, with the reason for people. */
export class ImageRefusal extends Error {
  readonly issue: Issue;
  readonly original: Rendered['original'] | undefined;
  constructor(issue: Issue, original?: Rendered['original'], cause?: unknown) {
    super(issue.message, { cause });
    this.issue = issue;
    this.original = original;
  }
}
export const isRefusal = (error: unknown): error is ImageRefusal => error instanceof ImageRefusal;

export function refuse(
  code: string,
  message: string,
  hint: string,
  value?: string,
  original?: Rendered['original'],
  cause?: unknown,
): ImageRefusal {
  const issue: Issue = {
    code,
    severity: 'error',
    field: 'image',
    message,
    hint,
    from: 'image',
    ...(value === undefined ? {} : { value: value.slice(0, 200) }),
  };
  return new ImageRefusal(issue, original, cause);
}

/** Throws a refusal with the true reason. Never crops, never scales up. */
export async function renderImage(bytes: Buffer, rule: ImageRule): Promise<Rendered> {
  const original = await inspect(bytes);
  const frame = frameOf(original, rule);
  if (frame.width < rule.minWidth || frame.height < rule.minHeight)
    throw refuse(
      'image_too_small',
      `The image is ${original.width} x ${original.height} pixels; ${rule.minWidth} x ${rule.minHeight} is the least.`,
      'Upload a larger picture; it is not scaled up.',
      `${original.width}x${original.height}`,
      original,
    );
  try {
    return await render(bytes, rule, original);
  } catch (cause) {
    if (isRefusal(cause)) throw cause;
    throw refuse(
      'image_corrupt',
      `The image is damaged: ${describe(cause)}.`,
      'Open it, save it again and upload that file.',
      original.format,
      original,
      cause,
    );
  }
}

async function inspect(bytes: Buffer): Promise<Rendered['original']> {
  let metadata: Metadata;
  try {
    metadata = await sharp(bytes, { limitInputPixels: false }).metadata();
  } catch (cause) {
    const looks = /^\s*(<!doctype|<html)/i.test(bytes.subarray(0, 200).toString('latin1'))
      ? ' but a web page'
      : '';
    throw refuse(
      'image_not_an_image',
      `The file is not an image that can be read${looks}.`,
      'Upload a JPEG or PNG.',
      undefined,
      undefined,
      cause,
    );
  }
  const { format, width, height, orientation = 1 } = metadata;
  const turned = orientation >= 5;
  // an animation's height counts all its frames
  const frame = metadata.pageHeight ?? height;
  const original = {
    width: turned ? frame : width,
    height: turned ? width : frame,
    format: metadata.compression === 'av1' ? 'avif' : format,
    bytes: bytes.length,
  };
  if (!readable.has(format))
    throw refuse(
      'image_format_unknown',
      `Images of the kind "${format}" are not taken.`,
      'Upload a JPEG or PNG.',
      format,
      original,
    );
  if (width * frame > maxPixels)
    throw refuse(
      'image_too_many_pixels',
      `The image has ${Math.round((width * frame) / 1e6)} million pixels; ${maxPixels / 1e6} million is the most.`,
      'Upload a smaller picture.',
      `${original.width}x${original.height}`,
      original,
    );
  return original;
}

async function render(bytes: Buffer, rule: ImageRule, original: Rendered['original']): Promise<Rendered> {
  let room = fit(original, rule);
  for (;;) {
    for (const quality of qualities) {
      const { data, info } = await pad(bytes, room)
        .jpeg({ quality, mozjpeg: false })
        .toBuffer({ resolveWithObject: true });
      if (data.length > rule.maxBytes) continue;
      const jpeg = { data, width: info.width, height: info.height, format: 'jpeg' as const, original };
      return quality === qualities[0] ? smallerPng(jpeg, bytes, room, rule) : jpeg;
    }
    const shrunk = fit(original, rule, room.scale * 0.8);
    if (shrunk.inner.width < rule.minWidth && shrunk.inner.height < rule.minHeight)
      throw refuse(
        'image_too_many_bytes',
        `The image cannot be brought under ${rule.maxBytes} bytes.`,
        'Upload a simpler picture.',
        undefined,
        original,
      );
    room = shrunk;
  }
}

/** Begun anew for each output: sharp's `clone` copies the whole file into the copy's options. */
function pad(bytes: Buffer, { inner, pad: border }: Room): Sharp {
  const base = sharp(bytes, { limitInputPixels: maxPixels, failOn: 'warning', sequentialRead: true })
    .autoOrient()
    .resize({ ...inner, fit: 'inside', withoutEnlargement: true })
    .flatten({ background: white })
    .toColourspace('srgb');
  return border ? base.extend({ ...border, background: white }) : base;
}

/** Flat graphics are smaller, and sharper, as PNG. Only tried where the source was one and the channel takes it. */
async function smallerPng(jpeg: Rendered, bytes: Buffer, room: Room, rule: ImageRule): Promise<Rendered> {
  const { original } = jpeg;
  if (original.format !== 'png' || !rule.formats.includes('png') || original.bytes > jpeg.data.length * 2)
    return jpeg;
  const { data, info } = await pad(bytes, room).png().toBuffer({ resolveWithObject: true });
  if (data.length >= jpeg.data.length || data.length > rule.maxBytes) return jpeg;
  return { data, width: info.width, height: info.height, format: 'png', original };
}

interface Room {
  scale: number;
  inner: { width: number; height: number };
  pad?: { top: number; bottom: number; left: number; right: number };
}

/** The picture with the white border that gives it the rule's aspect, before any scaling. */
function frameOf({ width, height }: { width: number; height: number }, { aspect }: ImageRule) {
  if (aspect === undefined) return { width, height };
  return {
    width: Math.max(width, Math.round(height * aspect)),
    height: Math.max(height, Math.round(width / aspect)),
  };
}

/** Size of the picture under the rule's maximum, and the white border that gives it the rule's aspect. */
function fit({ width, height }: { width: number; height: number }, rule: ImageRule, atMost = 1): Room {
  const frame = frameOf({ width, height }, rule);
  const scale = Math.min(atMost, rule.maxWidth / frame.width, rule.maxHeight / frame.height);
  const inner = {
    width: Math.max(1, Math.round(width * scale)),
    height: Math.max(1, Math.round(height * scale)),
  };
  if (rule.aspect === undefined) return { scale, inner };
  const across = Math.max(0, Math.round(frame.width * scale) - inner.width);
  const down = Math.max(0, Math.round(frame.height * scale) - inner.height);
  if (across === 0 && down === 0) return { scale, inner };
  const [left, top] = [Math.floor(across / 2), Math.floor(down / 2)];
  return { scale, inner, pad: { top, bottom: down - top, left, right: across - left } };
}

const describe = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0]?.slice(0, 120) ?? 'unknown';
