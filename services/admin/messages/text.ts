/** Words in the person's language: ICU messages by key, and numbers, money and times through Intl. */
import { IntlMessageFormat } from 'intl-messageformat';
import { en } from './en.ts';

export type MessageKey = keyof typeof en;
export const languages = { en: 'English', de: 'Deutsch' } as const;
export type Language = keyof typeof languages;

const kept = 'shelfcast.language';
const wanted = localStorage.getItem(kept) ?? navigator.language.slice(0, 2);
export const language: Language = wanted === 'de' ? 'de' : 'en';
/** How numbers and times are written: as where the person is, if that is in the language. */
const locale = navigator.languages.find((one) => one.startsWith(language)) ?? language;

let messages: Record<MessageKey, string> = en;
const formats = new Map<MessageKey, IntlMessageFormat>();

/** Before the first drawing; only the other language is a file of its own. */
export async function loadMessages(): Promise<void> {
  document.documentElement.lang = language;
  if (language === 'de') messages = (await import('./de.ts')).de;
}

/** The page begins anew: every part of it has words. */
export function chooseLanguage(chosen: Language): void {
  localStorage.setItem(kept, chosen);
  location.reload();
}

export type Values = Record<string, string | number | Date>;

/** `t('home.items', { count: 3 })` */
export function t(key: MessageKey, values?: Values): string {
  let format = formats.get(key);
  if (!format) formats.set(key, (format = new IntlMessageFormat(messages[key], locale)));
  return String(format.format(values));
}

export const isMessage = (key: string): key is MessageKey => key in messages;

/** A sentence of the service in the person's language, where the messages have one of their own for its code. */
export const sayInstead = (key: string, said: string, values?: Values): string =>
  isMessage(key) ? t(key, values) : said;

const numbers = new Intl.NumberFormat(locale);
export const showNumber = (value: number): string => numbers.format(value);

const percents = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 });
/** 0..1 */
export const showShare = (share: number): string => percents.format(share);

/** `amount` in minor units, as the service keeps it. */
export function showMoney(amount: number, currency: string): string {
  const { format, digits } = moneyOf(currency);
  return format.format(amount / 10 ** digits);
}
/** `amount` in whole units, as channels write it. */
export const showAmount = (amount: number, currency: string): string =>
  moneyOf(currency).format.format(amount);
/** How many decimals the currency has. */
export const moneyDigits = (currency: string): number => moneyOf(currency).digits;

/** Kept, since to make one takes longer than to draw a row. */
const moneys = new Map<string, { format: Intl.NumberFormat; digits: number }>();
function moneyOf(currency: string): { format: Intl.NumberFormat; digits: number } {
  const known = moneys.get(currency);
  if (known) return known;
  const format = new Intl.NumberFormat(locale, { style: 'currency', currency });
  const made = { format, digits: format.resolvedOptions().maximumFractionDigits ?? 2 };
  moneys.set(currency, made);
  return made;
}

const times = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' });
/** In the person's own time zone, or in another one. */
export const showTime = (time: string | Date, timeZone?: string): string =>
  (timeZone === undefined
    ? times
    : new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short', timeZone })
  ).format(new Date(time));

const days = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short' });
export const showDay = (time: string | Date): string => days.format(new Date(time));

const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'short' });
const steps: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];
/** "2 min ago", "in 3 hr." */
export function showAgo(time: string | Date, now = Date.now()): string {
  const seconds = (new Date(time).getTime() - now) / 1_000;
  for (const [unit, size] of steps)
    if (Math.abs(seconds) >= size) return relative.format(Math.trunc(seconds / size), unit);
  return Math.abs(seconds) < 10
    ? relative.format(0, 'second')
    : relative.format(Math.trunc(seconds), 'second');
}

const lists = new Intl.ListFormat(locale);
export const showList = (words: string[]): string => lists.format(words);

const unitOf = (unit: string, unitDisplay: 'short' | 'long' = 'short') =>
  new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay, maximumFractionDigits: 1 });
const sizes = [unitOf('byte', 'long'), unitOf('kilobyte'), unitOf('megabyte'), unitOf('gigabyte')];
export function showBytes(bytes: number): string {
  const step = bytes < 1_000 ? 0 : Math.min(3, Math.floor(Math.log10(bytes) / 3));
  return sizes[step]?.format(bytes / 1_000 ** step) ?? '';
}

/** How long something took. */
export function showDuration(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  if (seconds < 60) return unitOf('second').format(ms < 10_000 ? ms / 1_000 : seconds);
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${unitOf('minute').format(minutes)} ${unitOf('second').format(seconds % 60)}`
    : `${unitOf('hour').format(Math.floor(minutes / 60))} ${unitOf('minute').format(minutes % 60)}`;
}
