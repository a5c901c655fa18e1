/** JSON lines: one object a line is one entry. https://jsonlines.org */
import { createReadStream } from 'node:fs';
import { SourceError } from '../errors.ts';
import type { Issue } from '../issue.ts';
import { cutOff } from './bounds.ts';
import { type Entry, largestEntry } from './entries.ts';

/** A line that is no object goes to `report` and is read over; a file that ends within one throws `SourceError`. */
export async function* readJsonLines(
  path: string,
  report: (issue: Issue, record: string) => Promise<void>,
): AsyncGenerator<Entry | undefined, void> {
  let number = 0;
  for await (const { line, isLast } of eachLine(path)) {
    number += 1;
    const entry = line.trim() === '' ? undefined : toEntry(line);
    if (!entry && line.trim() !== '') {
      if (isLast) throw cutOff();
      await report(toIssue(number + 1, line), line.slice(0, 1_000));
    }
    yield entry;
  }
}

/** `isLast`: the text behind the last line break. */
async function* eachLine(path: string): AsyncGenerator<{ line: string; isLast: boolean }, void> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of createReadStream(path)) {
    const lines = (rest + decoder.decode(chunk as Buffer, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > largestEntry)
      throw new SourceError('address_not_a_feed', 'A line of the file is larger than any product.');
    for (const line of lines) yield { line, isLast: false };
  }
  rest += decoder.decode();
  if (rest !== '') yield { line: rest, isLast: true };
}

function toEntry(line: string): Entry | undefined {
  try {
    const object = JSON.parse(line) as unknown;
    if (typeof object !== 'object' || object === null || Array.isArray(object)) return undefined;
    const fields = Object.entries(object).map(([name, value]) => [name, toTexts(value)] as const);
    return Object.fromEntries(fields.filter(([, texts]) => texts.length > 0));
  } catch {
    return undefined;
  }
}

function toTexts(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap((one) => toTexts(one));
  if (typeof value === 'string') return [value];
  if (typeof value === 'number' || typeof value === 'boolean') return [String(value)];
  // an amount with its currency, the only pair that is one field
  if (typeof value === 'object' && value !== null && 'value' in value && 'currency' in value)
    return [`${String(value.value)} ${String(value.currency)}`];
  return [];
}

const toIssue = (line: number, text: string): Issue => ({
  code: 'record_unreadable',
  severity: 'error',
  message: `Line ${line - 1} of the file is no JSON object.`,
  hint: 'Write one whole object in each line.',
  from: 'source',
  line,
  value: text.slice(0, 200),
});
