/** A channel's rules for an item: makers that turn one line of a table into a rule, and the check itself. */
import type { ImageRule } from '../catalog/image-rule.ts';
import type { Issue } from '../catalog/issue.ts';
import type { Item, ItemImage } from '../catalog/item.ts';
import type { AttributeName } from '../catalog/product.ts';
import type { ItemSpec, Rule } from './channel.ts';

/** Everything wrong with an item for one channel: what the source and the images say, then what the rules say. */
export function checkItem(item: Item, spec: ItemSpec): Issue[] {
  const issues = [...item.issues];
  for (const rule of spec.rules) {
    const found = rule(item);
    if (found === undefined) continue;
    if (Array.isArray(found)) issues.push(...found);
    else issues.push(found);
  }
  return issues;
}

/** Texts of an item that a rule can be about. */
export type TextField =
  | 'offerId' | 'itemGroupId' | 'title' | 'description' | 'descriptionHtml' | 'link' | 'brand' | 'gtin'
  | AttributeName; // prettier-ignore

/** What a rule's line in the table says beside the rule itself. */
export interface About {
  /** Where the channel states it. */
  link: string;
  /** What to do; each maker has its own default. */
  hint?: string;
  /** Default `error`, except for the makers whose names begin with `warn` and those that say otherwise. */
  severity?: Issue['severity'];
  /** Default: the field and the rule, `title_too_long`. */
  code?: string;
}

/** How a channel counts a text: JavaScript's UTF-16 units, code points, or what a reader sees as one sign. */
export type TextUnit = 'units' | 'characters' | 'graphemes';

/** The field holds something. */
export function required(field: TextField, about: About): Rule {
  const read = textOf(field);
  return (item) => {
    const text = read(item);
    if (text !== undefined && text.trim() !== '') return undefined;
    return toIssue(field, 'missing', `The ${nameOf(field)} is missing.`, about, {
      hint: `Fill the ${nameOf(field)} in the shop, or set it here.`,
    });
  };
}

/** At most `max` signs, counted as the channel counts; the channel refuses more. */
export function maxLength(field: TextField, max: number, about: About, unit: TextUnit = 'characters'): Rule {
  return tooLong(field, max, Infinity, unit, about, {
    message: (length) => `The ${nameOf(field)} has ${length} characters; at most ${max} are allowed.`,
    hint: `Shorten the ${nameOf(field)} to ${max} characters.`,
    severity: 'error',
  });
}

/** At most `max` signs; we send a longer text cut at a word. */
export function trimmedTo(field: TextField, max: number, about: About, unit: TextUnit = 'characters'): Rule {
  return tooLong(field, max, Infinity, unit, about, {
    message: (length) => `The ${nameOf(field)} has ${length} characters; it is sent cut to ${max}.`,
    hint: `Shorten the ${nameOf(field)} to ${max} characters yourself, so that it ends where you want.`,
    severity: 'warning',
  });
}

/** More than `above` signs (and not more than `upTo`) are allowed but not advised. */
export function warnLength(
  field: TextField,
  { above, upTo = Infinity }: { above: number; upTo?: number },
  about: About,
  unit: TextUnit = 'characters',
): Rule {
  return tooLong(field, above, upTo, unit, about, {
    message: (length) => `The ${nameOf(field)} has ${length} characters; ${above} or fewer are advised.`,
    hint: `Shorten the ${nameOf(field)} to ${above} characters.`,
    severity: 'warning',
    code: 'long',
  });
}

function tooLong(
  field: TextField,
  max: number,
  upTo: number,
  unit: TextUnit,
  about: About,
  says: { message(length: number): string; hint: string; severity: Issue['severity']; code?: string },
): Rule {
  const read = textOf(field);
  return (item) => {
    const text = read(item);
    // No unit counts more signs than UTF-16 does, so most texts are never counted.
    if (text === undefined || text.length <= max) return undefined;
    const length = countSigns(text, unit);
    if (length <= max || length > upTo) return undefined;
    return toIssue(field, says.code ?? 'too_long', says.message(length), about, {
      hint: says.hint,
      severity: says.severity,
      value: text,
    });
  };
}

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });

export function countSigns(text: string, unit: TextUnit): number {
  if (unit === 'units') return text.length;
  let count = 0;
  if (unit === 'graphemes') for (const _ of segmenter.segment(text)) count++;
  else for (const _ of text) count++;
  return count;
}

/** The field, where filled, is one of these words. */
export function oneOf(field: TextField, allowed: readonly string[], about: About): Rule {
  const read = textOf(field);
  const words = new Set(allowed);
  return (item) => {
    const text = read(item);
    if (text === undefined || text === '' || words.has(text)) return undefined;
    return toIssue(field, 'not_allowed', `The ${nameOf(field)} is not a word the channel knows.`, about, {
      hint: `Use one of: ${allowed.join(', ')}.`,
      value: text,
    });
  };
}

/** The field, where filled, has this form; `form` says it in words: "8, 12, 13 or 14 digits". */
export function matches(field: TextField, pattern: RegExp, form: string, about: About): Rule {
  const read = textOf(field);
  return (item) => {
    const text = read(item);
    if (text === undefined || text === '' || pattern.test(text)) return undefined;
    return toIssue(field, 'malformed', `The ${nameOf(field)} must be ${form}.`, about, {
      hint: `Write it as ${form}.`,
      value: text,
    });
  };
}

/** The field, where filled, is no such thing; `thing` says it in words: "a hex code". */
export function notMatching(field: TextField, pattern: RegExp, thing: string, about: About): Rule {
  const read = textOf(field);
  return (item) => {
    const text = read(item);
    if (text === undefined || !pattern.test(text)) return undefined;
    return toIssue(field, 'not_allowed', `The ${nameOf(field)} must not be ${thing}.`, about, {
      hint: `Change the ${nameOf(field)}.`,
      value: text,
    });
  };
}

/** The field, where filled, is a whole http or https address. */
export function httpUrl(field: TextField, about: About): Rule {
  const read = textOf(field);
  return (item) => {
    const text = read(item);
    if (text === undefined || text === '' || isHttpUrl(text)) return undefined;
    return toIssue(field, 'not_a_url', `The ${nameOf(field)} is not a whole web address.`, about, {
      hint: 'Write the whole address, beginning with https://, without spaces.',
      value: text,
    });
  };
}

export const isHttpUrl = (text: string): boolean =>
  /^https?:\/\/[^\s/?#]/i.test(text) && !/[\s<>"]/.test(text) && URL.canParse(text);

/** The address does not lead to one of these domains or below them. */
export function notOnDomain(field: TextField, domains: readonly string[], about: About): Rule {
  const read = textOf(field);
  const pattern = new RegExp(
    `^https?://(?:[^/?#@]*@)?(?:[^/?#]+\\.)?(?:${domains.map((d) => d.replaceAll('.', '\\.')).join('|')})(?:[:/?#]|$)`,
    'i',
  );
  return (item) => {
    const text = read(item);
    if (text === undefined || !pattern.test(text)) return undefined;
    return toIssue(field, 'foreign_domain', `The ${nameOf(field)} leads to ${domains[0]}.`, about, {
      hint: "Use the address of the item's page in your own shop.",
      value: text,
    });
  };
}

/** The address is a page, not the front door of the shop. */
export function notBareDomain(field: TextField, about: About): Rule {
  const read = textOf(field);
  return (item) => {
    const text = read(item);
    if (text === undefined || !/^https?:\/\/[^/?#]+\/?$/i.test(text)) return undefined;
    return toIssue(field, 'bare_domain', `The ${nameOf(field)} is the shop's front page.`, about, {
      hint: 'Use the address of the page of exactly this item.',
      value: text,
    });
  };
}

/** There is a price, greater than 0. */
export function positivePrice(about: About): Rule {
  return (item) => {
    if (item.price === undefined)
      return toIssue('price', 'missing', 'The price is missing.', about, {
        hint: 'Give the item a price in the shop.',
      });
    if (item.price.minor > 0) return undefined;
    return toIssue('price', 'not_positive', 'The price must be greater than 0.', about, {
      hint: 'Give the item a price greater than 0, or take it out of the shop.',
      value: String(item.price.minor),
    });
  };
}

/** The sale price has the price's currency and is lower, and greater than 0. */
export function salePriceLower(about: About): Rule {
  return ({ price, salePrice }) => {
    if (price === undefined || salePrice === undefined) return undefined;
    if (salePrice.currency !== price.currency)
      return toIssue('salePrice', 'other_currency', 'The sale price has another currency than the price.', about, {
        hint: `Give the sale price in ${price.currency}.`,
        value: salePrice.currency,
      }); // prettier-ignore
    if (salePrice.minor > 0 && salePrice.minor < price.minor) return undefined;
    return toIssue('salePrice', 'not_lower', 'The sale price must be lower than the price and above 0.', about, {
      hint: 'Lower the sale price, or remove it.',
      value: String(salePrice.minor),
    }); // prettier-ignore
  };
}

/** A sale that has both dates begins before it ends. */
export function saleDatesInOrder(about: About): Rule {
  return ({ salePrice, saleStarts, saleEnds }) => {
    if (salePrice === undefined || saleStarts === undefined || saleEnds === undefined) return undefined;
    if (saleStarts.getTime() < saleEnds.getTime()) return undefined;
    return toIssue('saleEnds', 'before_start', 'The sale ends before it begins.', about, {
      hint: "Correct the sale's first or last day.",
      value: saleEnds.toISOString(),
    });
  };
}

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

/** The text holds no HTML. Default severity: warning. */
export function plainText(field: TextField, about: About): Rule {
  const read = textOf(field);
  return (item) => {
    const text = read(item);
    if (text === undefined || !text.includes('<') || !/<\/?[a-z][a-z0-9]*(?:\s[^<>]*)?\/?>/i.test(text))
      return undefined;
    return toIssue(field, 'has_html', `The ${nameOf(field)} holds HTML; it must be plain text.`, about, {
      hint: `Remove the tags from the ${nameOf(field)}.`,
      severity: 'warning',
      value: text,
    });
  };
}

/** The text holds no web address. Default severity: warning. */
export function noLinks(field: TextField, about: About): Rule {
  const read = textOf(field);
  return (item) => {
    const text = read(item);
    if (text === undefined) return undefined;
    const found = /\b(?:https?:\/\/|www\.)\S+/i.exec(text);
    if (!found) return undefined;
    return toIssue(field, 'has_link', `The ${nameOf(field)} holds a web address.`, about, {
      hint: `Remove the address from the ${nameOf(field)}.`,
      severity: 'warning',
      value: found[0],
    });
  };
}

/** The text is not all in capitals; short words and scripts without capitals are let through. Default: warning. */
export function notAllCaps(field: TextField, about: About): Rule {
  const read = textOf(field);
  return (item) => {
    const text = read(item);
    if (text === undefined || /\p{Ll}/u.test(text) || !/\p{Lu}{2}.*\p{Lu}{4}/su.test(text)) return undefined;
    return toIssue(field, 'all_capitals', `The ${nameOf(field)} is all in capital letters.`, about, {
      hint: `Write the ${nameOf(field)} with capitals only where the language asks for them.`,
      severity: 'warning',
      value: text,
    });
  };
}

/** Two fields, both filled, say different things. */
export function notEqual(field: TextField, other: TextField, about: About): Rule {
  const [read, readOther] = [textOf(field), textOf(other)];
  return (item) => {
    const text = read(item);
    if (text === undefined || text === '' || text !== readOther(item)) return undefined;
    const message = `The ${nameOf(field)} is the same as the ${nameOf(other)}.`;
    return toIssue(field, `same_as_${snake(other)}`, message, about, {
      hint: `Write a ${nameOf(field)} of its own.`,
      value: text,
    });
  };
}

/** Anything else that is either so or not: `holds` true means the item is fine. */
export function holds(
  field: string,
  condition: (item: Item) => boolean,
  says: About & { code: string; message: string; hint: string },
  value?: (item: Item) => string | undefined,
): Rule {
  return (item) => {
    if (condition(item)) return undefined;
    const found = value?.(item);
    return toIssue(field, '', says.message, says, found === undefined ? {} : { value: found });
  };
}

/** A rule (or several) that counts only for some items. */
export function when(condition: (item: Item) => boolean, ...rules: Rule[]): Rule {
  return (item) => (condition(item) ? rules.flatMap((rule) => rule(item) ?? []) : undefined);
}

/** How to read a field, decided once per rule instead of once per item. */
export function textOf(field: TextField): (item: Item) => string | undefined {
  return isItemField(field) ? itemTexts[field] : ({ attributes }) => attributes[field];
}

const itemTexts = {
  offerId: (item: Item) => item.offerId,
  itemGroupId: (item: Item) => item.itemGroupId,
  title: (item: Item) => item.title,
  description: (item: Item) => item.description,
  descriptionHtml: (item: Item) => item.descriptionHtml,
  link: (item: Item) => item.link,
  brand: (item: Item) => item.brand,
  gtin: (item: Item) => item.gtin,
};
const isItemField = (field: TextField): field is keyof typeof itemTexts => field in itemTexts;

const snake = (field: string): string => field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const nameOf = (field: string): string => (field === 'gtin' || field === 'mpn' ? field.toUpperCase() : snake(field).replaceAll('_', ' ')); // prettier-ignore

function toIssue(
  field: string,
  kind: string,
  message: string,
  about: About,
  defaults: { hint?: string; severity?: Issue['severity']; value?: string },
): Issue {
  const hint = about.hint ?? defaults.hint;
  const issue: Issue = {
    code: about.code ?? `${snake(field)}_${kind}`,
    severity: about.severity ?? defaults.severity ?? 'error',
    field,
    message,
    link: about.link,
    from: 'check',
  };
  if (defaults.value !== undefined) issue.value = defaults.value.slice(0, 200);
  if (hint !== undefined) issue.hint = hint;
  return issue;
}
