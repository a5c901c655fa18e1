/** Signs that some channels take in no text: emoji, and control characters that nobody sees. */
import { remember } from '../../catalog/remember.ts';
import type { Rule } from '../channel.ts';
import { nameOf, textOf, toIssue, type About, type TextField } from '../spec.ts';

/**
 * Whole emoji by Unicode's own list (UTS #51: a copyright sign alone is text, with the emoji mark behind it is not), then
 * parts of emoji and pictures that stand alone. Letters, digits and signs such as © and ™ stay.
 * https://www.unicode.org/reports/tr51/
 */
const emoji = new RegExp(
  String.raw`\p{RGI_Emoji}|[[\p{Extended_Pictographic}\p{Emoji_Modifier}\p{Regional_Indicator}]--[©®™‼⁉ℹ↔↕▪▫]]`,
  'gv',
);
/** What joins or colours an emoji, left behind by it. */
const leftovers = /[\u{fe0e}\u{fe0f}\u{20e3}\u{e0020}-\u{e007f}]/gu;
/**
 * Control and format characters, halves of pairs, and what is no character; tabs and line ends are text, and the two
 * joiners (U+200C, U+200D) spell words in Persian or Hindi.
 */
const controlClass =
  '\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f\\u00ad\\u200b\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ud800-\\udfff\\ufeff\\ufff0-\\ufffb\\ufffe\\uffff';
const controls = new RegExp(`[${controlClass}]`, 'gu');

/** The text without emoji and control characters; what stood around them is one space apart. */
export const withoutSigns = remember((text) => {
  if (!suspect.test(text)) return text;
  const clean = text.replace(controls, '').replace(emoji, ' ').replace(leftovers, '');
  if (clean === text) return text;
  return clean
    .replace(/[^\S\n]*\u{200d}[^\S\n]+|[^\S\n]+\u{200d}/gu, ' ')
    .replace(/[^\S\n]{2,}/g, ' ')
    .replace(/ ?\n ?/g, '\n')
    .replace(/ +([,.;:!?])/g, '$1')
    .trim();
}, 1_000);

/** Most texts hold none of these, and are not looked at again. */
const suspect = new RegExp(
  `[\\p{Extended_Pictographic}\\p{Emoji_Modifier}\\p{Regional_Indicator}\\ufe0e\\ufe0f\\u20e3${controlClass}]`,
  'u',
);

const found = (text: string): string | undefined => {
  const clean = withoutSigns(text);
  if (clean === text) return undefined;
  const sign = text.match(emoji)?.[0] ?? text.match(controls)?.[0];
  if (sign === undefined) return 'a sign';
  return /\p{Extended_Pictographic}|\p{Regional_Indicator}/u.test(sign)
    ? sign
    : `U+${(sign.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
};

/** The channel takes no such signs; we send the text without them. Default severity: warning. */
export function cleanedOfSigns(field: TextField, about: About): Rule {
  const read = textOf(field);
  return (item) => {
    const text = read(item);
    const sign = text === undefined ? undefined : found(text);
    if (sign === undefined) return undefined;
    const message = `The ${nameOf(field)} holds an emoji or a control character (${sign}); it is sent without.`;
    return toIssue(field, 'has_signs', message, about, {
      hint: `Write the ${nameOf(field)} without emoji, so that it reads as you want.`,
      severity: 'warning',
      value: text ?? '',
    });
  };
}

/** The channel takes no such signs, and the value cannot be changed on the way: an id. */
export function withoutSignsOnly(field: TextField, about: About): Rule {
  const read = textOf(field);
  return (item) => {
    const text = read(item);
    if (text === undefined || found(text) === undefined) return undefined;
    const message = `The ${nameOf(field)} holds an emoji or a control character.`;
    return toIssue(field, 'has_signs', message, about, {
      hint: `Write the ${nameOf(field)} with letters, digits and dashes.`,
      value: text,
    });
  };
}
