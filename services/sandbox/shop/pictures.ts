/** The plan of the pictures, read from images.json. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';

const pictureSchema = z.object({
  /** As products.csv refers to it: `images/fjord-mug-sand.jpg`; the ending decides the format. */
  name: z.string().regex(/^images\/[a-z0-9-]+\.(jpg|png|webp|avif|tiff|gif)$/),
  /** Id of a group in shapes.svg. */
  draw: z.string(),
  /** Colour of the variant. */
  tint: z.string().regex(/^#[0-9a-f]{6}$/),
  label: z.string(),
  width: z.number().int(),
  height: z.number().int(),
  /** Standing before a wall, or from near by; absent: the shop's plain view. */
  view: z.enum(['scene', 'close']).optional(),
  /** What is peculiar about the file; `text` and `truncated` are no images, on purpose. */
  special: z.enum(['alpha', 'cmyk', 'exif6', 'text', 'truncated']).optional(),
});
export type Picture = z.infer<typeof pictureSchema>;

/** The pictures that are drawn; whatever else products.csv refers to is missing on purpose. */
export async function loadPictures(): Promise<Picture[]> {
  const text = await readFile(new URL('./images.json', import.meta.url), 'utf8');
  return z.array(pictureSchema).parse(JSON.parse(text));
}
