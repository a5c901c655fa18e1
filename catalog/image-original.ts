/** A source's picture as it is there, small enough to be looked at beside its rendition. */
import sharp from 'sharp';
import type { Context } from './context.ts';
import { NotFoundError } from './errors.ts';
import { fetchImage, type ImageSource } from './image-fetch.ts';
import { isRefusal } from './image-render.ts';

/** Twice the largest size at which the page draws it. */
const side = 400;

/** WebP within 400 × 400, uncropped. Throws NotFoundError when the picture cannot be had now, with the reason. */
export async function showOriginal(source: ImageSource, ctx: Context): Promise<Buffer> {
  try {
    const fetched = await fetchImage(source, undefined, ctx);
    if (fetched === 'unchanged') throw new Error('a plain request was answered as a conditional one');
    return await sharp(fetched.bytes, { limitInputPixels: 192_000_000 })
      .rotate()
      .resize(side, side, { fit: 'inside', withoutEnlargement: true })
      .webp({ quality: 80 })
      .toBuffer();
  } catch (error) {
    ctx.signal?.throwIfAborted();
    const reason = isRefusal(error) ? error.issue.message : 'The picture at the source cannot be read.';
    throw new NotFoundError('original_unavailable', reason);
  }
}
