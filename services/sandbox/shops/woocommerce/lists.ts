/** Lists of the REST API: parameters, pages and the headers that count them. */
import type { Request, Response } from 'express';

/** https://developer.wordpress.org/rest-api/using-the-rest-api/pagination/ */
const mostPerPage = 100;

/** Answers the page asked for, or tells what is wrong with the parameters. `short`: its last record is left out. */
export function answerList(
  req: Request,
  res: Response,
  records: Iterable<object>,
  short: boolean,
): string | undefined {
  const number = (name: string, otherwise: number): number =>
    req.query[name] === undefined ? otherwise : Number(req.query[name]);
  const perPage = number('per_page', 10);
  const page = number('page', 1);
  const offset = number('offset', (page - 1) * perPage);
  if (!Number.isInteger(perPage) || perPage < 1 || perPage > mostPerPage)
    return 'Invalid parameter(s): per_page';
  if (!Number.isInteger(offset) || offset < 0) return 'Invalid parameter(s): offset';
  const after = req.query['modified_after'];
  if (after !== undefined && (typeof after !== 'string' || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(after)))
    return 'Invalid parameter(s): modified_after';
  if (after !== undefined && req.query['dates_are_gmt'] !== 'true')
    return 'Invalid parameter(s): dates_are_gmt (the sandbox has no local time)';
  const fields = typeof req.query['_fields'] === 'string' ? req.query['_fields'].split(',') : undefined;
  const found: object[] = [];
  let total = 0;
  // the records come in the order of their ids
  const isDescending = req.query['order'] !== 'asc';
  for (const record of isDescending ? [...records].toReversed() : records) {
    if (after !== undefined && !isAfter(record, after)) continue;
    if (total >= offset && found.length < perPage) found.push(record);
    total += 1;
  }
  if (short) found.pop();
  res.setHeader('x-wp-total', String(total));
  res.setHeader('x-wp-totalpages', String(Math.ceil(total / perPage)));
  res.json(fields ? found.map((record) => pick(record, fields)) : found);
  return undefined;
}

const isAfter = (record: object, time: string): boolean =>
  'date_modified_gmt' in record && String(record.date_modified_gmt) > time;

const pick = (record: object, fields: readonly string[]): object =>
  Object.fromEntries(Object.entries(record).filter(([name]) => fields.includes(name)));
