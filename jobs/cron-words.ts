/** Plain words to a cron line, in English and German: "every 2 hours between 6 and 22", "täglich um 3 Uhr". */
import { InputError } from '../catalog/errors.ts';
import { parseCron } from './cron-line.ts';

const weekdays: readonly [RegExp, string][] = [
  [/\b(?:weekdays?|working days?|werktags|werktäglich)\b/, '1-5'],
  [/\b(?:weekends?|am wochenende)\b/, '6,0'],
  [/\b(?:mondays?|montags?)\b/, '1'],
  [/\b(?:tuesdays?|dienstags?)\b/, '2'],
  [/\b(?:wednesdays?|mittwochs?)\b/, '3'],
  [/\b(?:thursdays?|donnerstags?)\b/, '4'],
  [/\b(?:fridays?|freitags?)\b/, '5'],
  [/\b(?:saturdays?|samstags?|sonnabends?)\b/, '6'],
  [/\b(?:sundays?|sonntags?)\b/, '0'],
];
const steps = {
  minutes: /\b(?:every|alle)\s+(\d{1,2})\s+(?:minutes?|minuten?)\b/,
  hours: /\b(?:every|alle)\s+(\d{1,2})\s+(?:hours?|stunden?)\b/,
  eachHour: /\b(?:every hour|hourly|stündlich|jede stunde)\b/,
};
const between = /\b(?:between|from|zwischen|von)\s+(\d{1,2})(?::00)?(?:\s*uhr)?\s+(?:and|to|until|und|bis)\s+(\d{1,2})(?::00)?/; // prettier-ignore
const clock = /\b(?:at|um)\s+(\d{1,2})(?:[:.](\d{2}))?\s*(am|pm|uhr)?/;

/** A cron line as it is, or what the words mean. Throws InputError that shows examples. */
export function toCron(text: string): string {
  if (/^[\d*]/.test(text.trim())) return parseCron(text);
  const words = text.toLowerCase();
  const days = weekdays.flatMap(([form, field]) => (form.test(words) ? [field] : [])).join(',') || '*';
  const [, first, last] = between.exec(words) ?? [];
  const hours = first === undefined ? '*' : `${first}-${last}`;
  const minutes = steps.minutes.exec(words)?.[1];
  if (minutes) return parseCron(`*/${minutes} ${hours} * * ${days}`);
  const every = steps.hours.exec(words)?.[1];
  if (every) return parseCron(`0 ${hours === '*' ? '*' : hours}/${every} * * ${days}`);
  if (steps.eachHour.test(words)) return parseCron(`0 ${hours} * * ${days}`);
  const at = clock.exec(words);
  const isDaily =
    /\b(?:daily|every day|every night|täglich|jeden tag|jede nacht)\b/.test(words) || days !== '*';
  if (at && isDaily) return parseCron(`${Number(at[2] ?? 0)} ${to24(Number(at[1]), at[3])} * * ${days}`);
  throw new InputError('cron_words_unknown', `"${text.slice(0, 80)}" is not understood as a schedule.`, {
    hint: 'Write "every 2 hours between 6 and 22", "every day at 3:00", "mondays at 7", "alle 30 Minuten", or a cron line.',
  });
}

function to24(hour: number, half: string | undefined): number {
  if (half === 'pm') return (hour % 12) + 12;
  return half === 'am' ? hour % 12 : hour;
}
