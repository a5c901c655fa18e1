/** Rules about how long a text is, in the channel's own counting. */
import type { Issue } from '../../catalog/issue.ts';
import type { Rule } from '../channel.ts';
import { nameOf, textOf, toIssue, type About, type TextField } from '../spec.ts';

/** How a channel counts a text: JavaScript's UTF-16 units, code points, or what a reader sees as one sign. */
export type TextUnit = 'units' | 'characters' | 'graphemes';

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
