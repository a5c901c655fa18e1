/** The forms that a value may have at Google: how it is read, and how feed and Merchant API write it. */
import { SyncError } from '../../../catalog/errors.ts';
import type { Item } from '../../../catalog/item.ts';
import { formatAmount, parseMoney } from '../../../catalog/money.ts';
import { cutAtWord } from '../../../catalog/text.ts';
import { isHttpUrl } from '../../rules/link.ts';
import { lengths } from './limits.ts';
import { joinGroup, splitGroup } from './texts.ts';

export interface Form {
  /** What it must look like, for the hint: "a number and a unit, such as 500 g". */
  says: string;
  /** Google's feed text; undefined where the text cannot be used. */
  clean(text: string, item: Pick<Item, 'currency' | 'language'>): string | undefined;
  /** A clean text as the Merchant API's JSON has it. */
  toApi(clean: string): unknown;
  /** XML: what stands inside the element. */
  parts?(clean: string): (readonly [name: string, text: string])[];
}

const asText = (clean: string): unknown => clean;
// int64 is a string in Google's JSON (protobuf's JSON mapping)
const asWhole = (clean: string): unknown => String(Number(clean));

/** Cut at a word where it is longer. */
export const text = (max: number): Form => ({
  says: `a text of at most ${max} characters`,
  clean: (given) => (given.trim() === '' ? undefined : cutAtWord(given.replace(/\s+/g, ' ').trim(), max)),
  toApi: asText,
});

/** Left out where it is longer. */
export const label = (max: number, pattern = /./su, says = `a text of at most ${max} characters`): Form => ({
  says,
  clean: (given) => (pattern.test(given.trim()) && given.trim().length <= max ? given.trim() : undefined),
  toApi: asText,
});

export const url: Form = {
  says: `a whole web address of at most ${lengths.url} characters, such as https://shop.example/a`,
  clean: (given) =>
    isHttpUrl(given.trim()) && given.trim().length <= lengths.url ? given.trim() : undefined,
  toApi: asText,
};

/** One of Google's words; the API has them in capitals, or as the table says. */
export function word(words: readonly string[], inApi: Readonly<Record<string, string>> = {}): Form {
  const known = new Map(words.map((one) => [one.toLowerCase(), one]));
  return {
    says: `one of: ${words.join(', ')}`,
    clean: (given) => known.get(given.trim().toLowerCase()),
    toApi: (clean) => inApi[clean] ?? clean.toUpperCase(),
  };
}

export const yesNo: Form = {
  says: 'yes or no',
  clean(given) {
    if (/^(?:yes|true|1)$/i.test(given.trim())) return 'yes';
    return /^(?:no|false|0)$/i.test(given.trim()) ? 'no' : undefined;
  },
  toApi: (clean) => clean === 'yes',
};

export const whole = (min: number, max = Infinity): Form => ({
  says: `a whole number from ${min}${max === Infinity ? '' : ` to ${max}`}`,
  clean: (given) => inRange(/^\d{1,12}$/, given, min, max),
  toApi: asWhole,
});

export const number = (min: number, max: number): Form => ({
  says: `a number from ${min} to ${max}`,
  clean: (given) => inRange(/^\d{1,12}(?:\.\d+)?$/, given, min, max),
  toApi: Number,
});

function inRange(form: RegExp, given: string, min: number, max: number): string | undefined {
  const trimmed = given.trim();
  const value = Number(trimmed);
  return form.test(trimmed) && value >= min && value <= max ? String(value) : undefined;
}

/** `15.00 USD`; the API has millionths as a string: `{"amountMicros": "15000000", "currencyCode": "USD"}`. */
export const price: Form = {
  says: 'an amount with its currency, such as 15.00 EUR',
  clean(given, { currency, language }) {
    try {
      const money = parseMoney(given.trim(), currency, language);
      return money.minor < 0 ? undefined : `${formatAmount(money)} ${money.currency}`;
    } catch (error) {
      if (error instanceof SyncError) return undefined;
      throw error;
    }
  },
  toApi(clean) {
    const [amount = '', currencyCode = ''] = clean.split(' ');
    const [units = '', decimals = ''] = amount.split('.');
    return { amountMicros: String(BigInt(units + decimals.padEnd(6, '0'))), currencyCode };
  },
};

/** `2026-11-24T13:00Z`; a time without a zone is UTC. */
export const date: Form = {
  says: 'a date and time, such as 2026-11-24T13:00Z',
  clean: (given) => toStamp(given.trim()),
  toApi: (clean) => toTimestamp(clean),
};

/** Both ends with a slash between. */
export const dates: Form = {
  says: 'two dates with a slash between, such as 2026-11-24T13:00Z/2026-12-24T13:00Z',
  clean(given) {
    const [from, to, more] = given.split('/').map((one) => toStamp(one.trim()));
    return from !== undefined && to !== undefined && more === undefined && from < to
      ? `${from}/${to}`
      : undefined;
  },
  toApi(clean) {
    const [startTime = '', endTime = ''] = clean.split('/').map(toTimestamp);
    return { startTime, endTime };
  },
};

/** To the minute, as short as Google's 25 characters ask; undefined where it is no ISO 8601 date. */
export function toStamp(given: string | Date): string | undefined {
  if (typeof given === 'string' && !/^\d{4}-\d{2}-\d{2}(?:$|[T ]\d{1,2}:\d{2})/.test(given)) return undefined;
  const time = typeof given === 'string' ? Date.parse(withZone(given)) : given.getTime();
  return Number.isNaN(time) ? undefined : `${new Date(time).toISOString().slice(0, 16)}Z`;
}
const withZone = (given: string): string => {
  const iso = given.replace(' ', 'T').replace(/([+-]\d{2})(\d{2})$/, '$1:$2');
  return !iso.includes('T') || /(?:Z|[+-]\d{2}:\d{2})$/i.test(iso) ? iso : `${iso}Z`;
};
const toTimestamp = (stamp: string): string => stamp.replace(/Z$/, ':00Z');

/** Most of each unit; a number below `least` is refused. */
export function measure(units: Readonly<Record<string, number>>, least = 0): Form {
  const names = Object.keys(units).map((unit) => unit.replace('floz', 'fl oz'));
  return {
    says: `a number and a unit (${names.join(', ')}), such as 2 ${names[0]}`,
    clean(given) {
      const match = /^(\d{1,9}(?:[.,]\d{1,6})?)\s*([a-z][a-z ]*)$/i.exec(given.trim());
      const unit = aliases[match?.[2]?.toLowerCase() ?? ''] ?? match?.[2]?.toLowerCase().replaceAll(' ', '') ?? ''; // prettier-ignore
      const value = Number(match?.[1]?.replace(',', '.'));
      const most = units[unit];
      return most !== undefined && value > 0 && value >= least && value <= most ? `${value} ${unit}` : undefined; // prettier-ignore
    },
    toApi(clean) {
      const [value, unit = ''] = clean.split(' ');
      return { value: Number(value), unit };
    },
  };
}
const aliases: Readonly<Record<string, string>> = {
  lbs: 'lb', pound: 'lb', pounds: 'lb', ounce: 'oz', ounces: 'oz', gram: 'g', grams: 'g', kilogram: 'kg', kilograms: 'kg',
  inch: 'in', inches: 'in', litre: 'l', liter: 'l',
}; // prettier-ignore

/** Whole base measures, value and unit one of Google's pairs. */
export function baseMeasure(
  values: readonly number[],
  units: readonly string[],
  pairs: readonly string[],
): Form {
  return {
    says: `one of ${values.join(', ')} with a unit, such as 100 g`,
    clean(given) {
      const [, value = '', unit = ''] = /^(\d{1,4})\s*([a-z]+)$/i.exec(given.trim()) ?? [];
      const pair = `${Number(value)} ${unit.toLowerCase()}`;
      const isPlain = values.includes(Number(value)) && units.includes(unit.toLowerCase());
      return isPlain || pairs.includes(pair) ? pair : undefined;
    },
    toApi(clean) {
      const [value, unit = ''] = clean.split(' ');
      return { value, unit };
    },
  }; // prettier-ignore
}

export interface Part {
  /** In XML. */
  name: string;
  api: string;
  form: Form;
  required?: true;
}

/** Several values with colons between; XML and API name each of them. */
export function group(...parts: readonly Part[]): Form {
  const read = (clean: string) =>
    splitGroup(clean).flatMap((entry, at) => {
      const part = parts[at];
      return part && entry !== '' ? [{ part, entry }] : [];
    });
  return {
    says: `in the form ${parts.map(({ name }) => name).join(':')}`,
    clean(given, item) {
      const entries = splitGroup(given);
      if (entries.length > parts.length) return undefined;
      const cleaned: string[] = [];
      for (const [at, { form, required }] of parts.entries()) {
        const entry = entries[at] ?? '';
        const clean = entry === '' ? '' : form.clean(entry, item);
        if (clean === undefined || (clean === '' && required)) return undefined;
        cleaned.push(clean);
      }
      return joinGroup(cleaned);
    },
    toApi: (clean) =>
      Object.fromEntries(read(clean).map(({ part, entry }) => [part.api, part.form.toApi(entry)])),
    parts: (clean) => read(clean).map(({ part, entry }) => [`g:${part.name}`, entry] as const),
  };
}
