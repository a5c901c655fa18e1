/** Cron lines: read, said in plain words, and when they are due, with time zone and daylight saving. */
import cronstrue from 'cronstrue/i18n.js';
import { CronExpressionParser } from 'cron-parser';
import { InputError } from '../catalog/errors.ts';

export type Language = 'en' | 'de';

export function isTimeZone(name: string): boolean {
  try {
    Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** Five fields: minute, hour, day of month, month, weekday. Throws InputError that quotes the line. */
export function parseCron(line: string): string {
  const text = line.trim().replace(/\s+/g, ' ');
  const refuse = (why: string, cause?: unknown): never => {
    throw new InputError('cron_invalid', `"${line.slice(0, 80)}" is not a cron line: ${why}`, {
      hint: 'Write it like "0 3 * * *" (minute, hour, day, month, weekday), or in words like "every day at 3:00".',
      cause,
    });
  };
  if (text.split(' ').length !== 5) refuse('it has not five fields.');
  try {
    CronExpressionParser.parse(text).next();
  } catch (error) {
    refuse(error instanceof Error ? error.message : String(error), error);
  }
  return text;
}

/** The next time after `from`. A time that daylight saving leaves out comes an hour later, one that it doubles once. */
export function nextTime(cron: string, timeZone: string, from: Date): Date {
  return CronExpressionParser.parse(cron, { tz: timeZone, currentDate: from }).next().toDate();
}

/** The newest time that is not after `now`. */
export function lastTime(cron: string, timeZone: string, now: Date): Date {
  const currentDate = new Date(now.getTime() + 1);
  return CronExpressionParser.parse(cron, { tz: timeZone, currentDate }).prev().toDate();
}

export function nextTimes(cron: string, timeZone: string, from: Date, count: number): Date[] {
  const times = CronExpressionParser.parse(cron, { tz: timeZone, currentDate: from });
  return Array.from({ length: count }, () => times.next().toDate());
}

/** "Every 2 hours, between 06:00 and 22:00". */
export const toWords = (cron: string, language: Language): string =>
  cronstrue.default.toString(cron, { locale: language, use24HourTimeFormat: true });
