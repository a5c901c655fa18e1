/** Rules about an item's images. */
import type { ImageRule } from '../../catalog/image-rule.ts';
import type { ItemImage } from '../../catalog/item.ts';
import type { Rule } from '../channel.ts';
import { toIssue, type About } from '../spec.ts';

/** There is at least one image. */
export function imageRequired(about: About): Rule {
  return (item) =>
    item.images.length > 0
      ? undefined
      : toIssue('images', 'missing', 'There is no usable image.', about, {
          hint: 'Give the item an image in the shop; the other issues of this item say what is wrong with those it has.',
        });
}

/** The main image, where there is one, is at least this large (pixels). */
export function imageAtLeast(width: number, height: number, about: About): Rule {
  return ({ images: [main] }) => {
    if (main === undefined || (main.width >= width && main.height >= height)) return undefined;
    const message = `The main image has ${main.width} x ${main.height} pixels; at least ${width} x ${height} are needed.`;
    return toIssue('images', 'too_small', message, about, {
      hint: `Upload an image of at least ${width} x ${height} pixels.`,
      value: main.sourceUrl,
    });
  };
}

/** The main image, where there is one, has at most so many bytes. */
export function imageAtMost(bytes: number, about: About): Rule {
  return ({ images: [main] }) =>
    main === undefined || main.bytes <= bytes
      ? undefined
      : toIssue('images', 'too_heavy', `The main image has ${main.bytes} bytes; at most ${bytes} are allowed.`, about, {
          hint: 'Upload a smaller image.',
          value: main.sourceUrl,
        }); // prettier-ignore
}

/** Whether an image may go to a channel with this rule; an aspect is never a reason to leave one out. */
export const fitsRule = (image: ItemImage, rule: ImageRule): boolean =>
  image.width >= rule.minWidth &&
  image.height >= rule.minHeight &&
  image.bytes <= rule.maxBytes &&
  rule.formats.includes(image.format);
