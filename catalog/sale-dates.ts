/** Dates of sales as sources write them, many without a time zone. */

/**
 * The moment that `text` means, undefined when it cannot be read. A time without a zone is in `timeZone` (IANA); a
 * day without a time begins at midnight there, or, as the `end` of a sale, lasts until the next midnight.
 */
export function parseSaleDate(text: string, timeZone: string, edge: 'start' | 'end'): Date | undefined {
  const match = pattern.exec(text.trim());
  if (!match) return undefined;
  const [, isoYear, isoMonth, isoDay, dotDay, dotMonth, dotYear, hour, minute, second, zone] = match;
  const year = Number(isoYear ?? dotYear);
  const month = Number(isoMonth ?? dotMonth);
  const day = Number(isoDay ?? dotDay);
  const wholeDay = hour === undefined;
  const shift = wholeDay && edge === 'end' ? 1 : 0;
  const wall = Date.UTC(
    year,
    month - 1,
    day + shift,
    Number(hour ?? 0),
    Number(minute ?? 0),
    Number(second ?? 0),
  );
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined;
  if (Number(hour ?? 0) > 24 || Number(minute ?? 0) > 59 || Number(second ?? 0) > 60) return undefined;
  if (zone !== undefined) return new Date(wall - zoneMinutes(zone) * 60_000);
  return new Date(fromWallClock(wall, timeZone));
}

/** 2027-01-31, 2027-01-31T10:00+0100, 2027-01-31 10:00:00, 31.01.2027. With slashes nobody knows which is the month. */
const pattern =
  /^(?:(\d{4})-(\d{1,2})-(\d{1,2})|(\d{1,2})\.(\d{1,2})\.(\d{4}))(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})?)?$/i;

const daysIn = (year: number, month: number): number => new Date(Date.UTC(year, month, 0)).getUTCDate();

function zoneMinutes(zone: string): number {
  const match = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone);
  if (!match) return 0;
  return (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3] ?? 0));
}

/** Asked twice, because the offset at the guess may differ from the offset at the answer (summer time). */
function fromWallClock(wall: number, timeZone: string): number {
  const guess = wall - offsetAt(wall, timeZone);
  return wall - offsetAt(guess, timeZone);
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Milliseconds that the clocks of `timeZone` are ahead of UTC at `time`. */
function offsetAt(time: number, timeZone: string): number {
  if (timeZone === 'UTC') return 0;
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat('en', {
      timeZone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric',
      hour: 'numeric', minute: 'numeric', second: 'numeric',
    }); // prettier-ignore
    formats.set(timeZone, format);
  }
  const read: Record<string, number> = {};
  for (const part of format.formatToParts(time)) read[part.type] = Number(part.value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = read;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(time / 1000) * 1000;
}
