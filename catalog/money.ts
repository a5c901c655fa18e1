/** Amounts of money: whole minor units (cents, yen, fils) plus an ISO 4217 code. */
import { z } from 'zod';
import { InputError } from './errors.ts';

export const moneySchema = z.object({
  /** Whole minor units of `currency`: 1999 EUR is 19.99 €, 500 JPY is ¥500, 1234 KWD is 1.234. */
  minor: z.number().int(),
  currency: z.string().length(3),
});
export type Money = z.infer<typeof moneySchema>;

/**
 * Reads an amount as shops write it: `19.99`, `19,99`, `1.234,50 EUR`, `$1,234.50`, `JPY 500`, `'=19.99`.
 * A text without a currency is in `currency`; `language` (BCP 47) decides only what is truly ambiguous, such as
 * `1.234`. Throws `InputError` with the reason. The sign is kept: whether 0 or -5 makes sense is for the caller.
 */
export function parseMoney(text: string, currency: string, language: string): Money {
  // as shops' interfaces and most files write it
  const plain = /^(\d{1,12})(?:\.(\d{1,2}))?(?: ([A-Z]{3}))?$/.exec(text);
  if (plain) {
    const [, whole, fraction = '', code = currency] = plain;
    if ((code === currency || codes.has(code)) && currencyDigits(code) === 2)
      return { minor: Number(whole) * 100 + Number(fraction.padEnd(2, '0')), currency: code };
  }
  const parts = splitAmount(text);
  if (!parts) throw unreadable(text, 'it is not one number with at most a currency beside it');
  const words = [parts.before, parts.after].filter((word) => word !== '');
  const currencies = words.map((word) => findCurrency(word, currency));
  const [named, second] = currencies;
  if (words.length > 0 && named === undefined)
    throw unreadable(text, `"${words[0]}" is no currency known here`);
  if (words.length > 1 && second !== named) {
    throw unreadable(text, `"${words[0]}" and "${words[1]}" do not name one currency`);
  }
  const number = splitNumber(parts.number, language);
  if (!number) throw unreadable(text, 'its dots and commas do not make a number');
  return { minor: toMinor(text, parts.sign, number, named ?? currency), currency: named ?? currency };
}

/** `19.99`, with as many decimals as the currency has: `500` for JPY, `1.234` for KWD. No currency, no grouping. */
export function formatAmount(money: Money): string {
  const digits = currencyDigits(money.currency);
  const text = String(Math.abs(money.minor)).padStart(digits + 1, '0');
  const sign = money.minor < 0 ? '-' : '';
  return digits === 0 ? sign + text : `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

/** Negative, 0 or positive, as for `sort`. Amounts of two currencies have no order: that throws. */
export function compareMoney(a: Money, b: Money): number {
  if (a.currency !== b.currency) {
    throw new InputError('currencies_differ', `${a.currency} and ${b.currency} cannot be compared.`);
  }
  return a.minor - b.minor;
}

const digitsByCurrency = new Map<string, number>();

function currencyDigits(currency: string): number {
  let digits = digitsByCurrency.get(currency);
  if (digits === undefined) {
    const format = new Intl.NumberFormat('en', { style: 'currency', currency });
    digits = format.resolvedOptions().maximumFractionDigits ?? 2;
    digitsByCurrency.set(currency, digits);
  }
  return digits;
}

const unreadable = (text: string, reason: string) =>
  new InputError('price_unreadable', `"${text.slice(0, 100)}" is not a price: ${reason}.`, {
    hint: 'Write the amount like 19.99, or with its currency like 19.99 EUR.',
  });

interface AmountParts {
  before: string;
  sign: 1 | -1;
  number: string;
  after: string;
}

/** The number runs from the first digit to the last; what stands around it is sign and currency. */
function splitAmount(text: string): AmountParts | undefined {
  // NFKC makes full-width digits and signs, and all kinds of fixed spaces, plain.
  const plain = westernDigits(text.normalize('NFKC').trim())
    .replace(/^'?=?"?|"$/g, '')
    .trim();
  const match = /^([^\d]*)(\d(?:[\d.,'’ ]*\d)?)([^\d]*)$/.exec(plain);
  if (!match) return undefined;
  let [, before = '', number = '', after = ''] = match;
  const point = /(?:^|[\s\p{Sc}+-])([.,])$/u.exec(before);
  if (point) {
    number = `0${point[1]}${number}`;
    before = before.slice(0, -1);
  }
  // 19,- and 19.— are whole amounts in German and Dutch shops.
  after = after.replace(/^[.,][-–—]+/, '');
  const minus = /[-−]/.test(before) || /^\s*[-−]/.test(after);
  return {
    before: before.replace(/[-−+\s]/g, ''),
    sign: minus ? -1 : 1,
    number,
    after: after.replace(/^\s*[-−]/, '').trim(),
  };
}

/** Arabic-Indic and Persian digits, with their decimal and thousands signs. */
function westernDigits(text: string): string {
  if (!/[٠-٩۰-۹]/.test(text)) return text;
  return text
    .replace(/[٠-٩]/g, (digit) => String(digit.charCodeAt(0) - 0x660))
    .replace(/[۰-۹]/g, (digit) => String(digit.charCodeAt(0) - 0x6f0))
    .replace(/٫/g, '.')
    .replace(/٬/g, ',');
}

/** Signs that mean one currency. */
const symbols: Record<string, string> = {
  '€': 'EUR', '£': 'GBP', '₹': 'INR', '₩': 'KRW', '₽': 'RUB', '₺': 'TRY', '₴': 'UAH', '₫': 'VND', '₪': 'ILS',
  '฿': 'THB', '₱': 'PHP', '₦': 'NGN', 'zł': 'PLN', 'kč': 'CZK', 'ft': 'HUF', 'lei': 'RON', 'лв': 'BGN',
  'руб': 'RUB', '円': 'JPY', '元': 'CNY', 'fr': 'CHF', 'sfr': 'CHF', 'euro': 'EUR', 'us$': 'USD', 'r$': 'BRL',
  'a$': 'AUD', 'au$': 'AUD', 'c$': 'CAD', 'ca$': 'CAD', 'nz$': 'NZD', 'hk$': 'HKD', 's$': 'SGD', 'nt$': 'TWD',
  'mx$': 'MXN',
}; // prettier-ignore

/** Signs that several currencies share: the catalog's own when it is among them, else the first if it stands alone. */
const sharedSymbols: Record<string, { all: string[]; usual?: string }> = {
  $: {
    all: ['USD', 'CAD', 'AUD', 'NZD', 'SGD', 'HKD', 'MXN', 'ARS', 'CLP', 'COP', 'TWD', 'UYU'],
    usual: 'USD',
  },
  '¥': { all: ['JPY', 'CNY'], usual: 'JPY' },
  kr: { all: ['SEK', 'NOK', 'DKK', 'ISK'] },
  rs: { all: ['INR', 'PKR', 'LKR', 'NPR', 'MUR'] },
};

const codes = new Set(Intl.supportedValuesOf('currency'));

function findCurrency(word: string, catalogCurrency: string): string | undefined {
  const code = word.toUpperCase();
  if (codes.has(code)) return code;
  const symbol = word.toLowerCase().replace(/\.$/, '');
  const shared = sharedSymbols[symbol];
  if (shared) return shared.all.includes(catalogCurrency) ? catalogCurrency : shared.usual;
  return symbols[symbol];
}

/** Tells the decimal sign from thousands signs; undefined when they contradict each other. */
function splitNumber(text: string, language: string): { whole: string; fraction: string } | undefined {
  const signs = text.replace(/\d/g, '');
  const last = signs.at(-1);
  if (last === undefined) return { whole: text, fraction: '' };
  const at = text.lastIndexOf(last);
  const isDecimal =
    (last === '.' || last === ',') &&
    signs.indexOf(last) === signs.length - 1 &&
    (signs.length > 1 || isDecimalSign(text.slice(0, at), text.slice(at + 1), last, language));
  const whole = isDecimal ? text.slice(0, at) : text;
  const fraction = isDecimal ? text.slice(at + 1) : '';
  const digits = ungroup(whole);
  return digits === undefined ? undefined : { whole: digits, fraction };
}

/** A single sign with three digits after it, such as `1.234`, is the one case that needs the language. */
function isDecimalSign(before: string, after: string, sign: string, language: string): boolean {
  if (after.length !== 3 || before.length > 3 || before.startsWith('0')) return true;
  return decimalSign(language) === sign;
}

/** Thousands in threes, or the Indian way (1,50,000), with one and the same sign. */
function ungroup(text: string): string | undefined {
  if (/^\d+$/.test(text)) return text;
  const sign = /\D/.exec(text)?.[0] ?? '';
  const groups = text.split(sign);
  const [first = '', ...rest] = groups;
  const end = rest.at(-1) ?? '';
  const inThrees = first.length <= 3 && rest.every((group) => /^\d{3}$/.test(group));
  const indian =
    first.length <= 2 && /^\d{3}$/.test(end) && rest.slice(0, -1).every((group) => /^\d{2}$/.test(group));
  return /^\d+$/.test(first) && (inThrees || indian) ? groups.join('') : undefined;
}

const decimalSigns = new Map<string, string>();

function decimalSign(language: string): string {
  let sign = decimalSigns.get(language);
  if (sign === undefined) {
    const known = isLanguage(language) ? language : 'en';
    sign = new Intl.NumberFormat(known).formatToParts(1.5).find((part) => part.type === 'decimal')?.value;
    sign ??= '.';
    decimalSigns.set(language, sign);
  }
  return sign;
}

const isLanguage = (language: string): boolean => /^[a-z]{2,3}(-[a-z0-9]{2,8})*$/i.test(language);

function toMinor(
  text: string,
  sign: 1 | -1,
  number: { whole: string; fraction: string },
  currency: string,
): number {
  const digits = currencyDigits(currency);
  const fraction = number.fraction.replace(/0+$/, '');
  if (fraction.length > digits) {
    throw unreadable(text, `it has more decimals than ${currency} (${digits})`);
  }
  const minor = Number(number.whole + fraction.padEnd(digits, '0'));
  if (!Number.isSafeInteger(minor)) throw unreadable(text, 'it is too large');
  return minor === 0 ? 0 : sign * minor;
}
