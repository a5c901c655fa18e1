import { describe, expect, it } from '@jest/globals';
import { parseSaleDate } from '../../catalog/sale-dates.ts';

describe('parseSaleDate', () => {
  it.each([
    ['2027-01-31', 'UTC', 'start', '2027-01-31T00:00:00.000Z'],
    ['2027-01-31', 'UTC', 'end', '2027-02-01T00:00:00.000Z'],
    ['2027-01-31', 'Europe/Berlin', 'start', '2027-01-30T23:00:00.000Z'],
    ['2027-07-31', 'Europe/Berlin', 'end', '2027-07-31T22:00:00.000Z'],
    ['2027-03-28T03:30', 'Europe/Berlin', 'start', '2027-03-28T01:30:00.000Z'],
    ['2027-01-31T10:00+0100', 'America/New_York', 'start', '2027-01-31T09:00:00.000Z'],
    ['2027-01-31 10:00:00', 'America/New_York', 'end', '2027-01-31T15:00:00.000Z'],
    ['2027-01-31T10:00:00Z', 'Asia/Tokyo', 'end', '2027-01-31T10:00:00.000Z'],
    ['31.01.2027', 'UTC', 'start', '2027-01-31T00:00:00.000Z'],
  ] as const)('reads %s in %s as the %s of a sale', (text, timeZone, edge, expected) => {
    expect(parseSaleDate(text, timeZone, edge)?.toISOString()).toBe(expected);
  });

  it.each(['soon', '2027-02-30', '2027-13-01', '01/02/2027', '2027-01-01T25:00'])(
    'cannot read %s',
    (text) => {
      expect(parseSaleDate(text, 'UTC', 'start')).toBeUndefined();
    },
  );
});
