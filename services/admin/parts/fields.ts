/** Fields and problems in the person's language; what the messages do not know stays in the service's own words. */
import { isMessage, sayInstead, t, type MessageKey } from '../messages/text.ts';

export function fieldName(field: string): string {
  const key = `field.${field}`;
  return isMessage(key) ? t(key) : field.replaceAll('_', ' ');
}

/** What a code ends in → the sentence about its field. */
const endings: readonly [RegExp, MessageKey][] = [
  [/_missing$/, 'issues.missing'],
  [/_missing_for_apparel$/, 'issues.missing-apparel'],
  [/_too_long(?:_for_batch)?$/, 'issues.too-long'],
  [/_long$/, 'issues.long'],
  [/_not_allowed$/, 'issues.not-allowed'],
  [/_malformed$/, 'issues.malformed'],
  [/_all_capitals$/, 'issues.caps'],
  [/_has_html$/, 'issues.html'],
  [/_has_link$/, 'issues.link'],
];

/** One sentence: what is wrong. */
export function problemTitle(problem: { code: string; field?: string | undefined; message: string }): string {
  const { code, field, message } = problem;
  // a picture is no text: the service's own sentence says it better
  const ending =
    field === undefined || field.startsWith('image')
      ? undefined
      : endings.find(([pattern]) => pattern.test(code));
  const begins = field !== undefined && code.startsWith(snake(field));
  if (ending && begins) return t(ending[1], { field: fieldName(field) });
  const end = field === undefined ? undefined : endOf(code, field);
  const said = sayInstead(`problem.${code}`, message);
  return said === message && field !== undefined && end !== undefined
    ? sayInstead(`ending.${end}`, message, { field: fieldName(field) })
    : said;
}

const snake = (field: string): string => field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
/** `title_too_long` of the title → `too_long` */
const endOf = (code: string, field: string): string | undefined =>
  code.startsWith(`${snake(field)}_`) ? code.slice(snake(field).length + 1) : undefined;

/** What to do about it. */
export function problemHint(problem: {
  code: string;
  field?: string | undefined;
  hint?: string | undefined;
}): string | undefined {
  const { code, field, hint } = problem;
  const end = field === undefined ? undefined : endOf(code, field);
  return hint === undefined || end === undefined ? hint : sayInstead(`do.${end}`, hint);
}

const names: Record<string, string> = {
  meta: 'Meta', google: 'Google', tiktok: 'TikTok', pinterest: 'Pinterest', snapchat: 'Snapchat',
}; // prettier-ignore
/** A short name for a chip; the whole one is the channel's `title`. */
export const channelName = (id: string): string => names[id] ?? id.charAt(0).toUpperCase() + id.slice(1);
