/** Logging by winston: JSON for machines, one readable line for people, secrets never. */
import { types } from 'node:util';
import winston from 'winston';
import type { Log } from '../catalog/context.ts';
import type { Config } from './config.ts';

const secretKey =
  /token|secret|passw(?:or)?d|authorization|(?:api|encryption|private)[-_ ]?key|cookie|credential/i;
/** What hides secrets inside a text. Lengths are bounded, so that a long text without any costs no more than its length. */
const secretsInText: readonly [RegExp, string][] = [
  // ?access_token=… in an address, and token=… in a form or a message
  [
    /((?:^|[?&\s;,"'(])[^=&?\s"']{0,40}(?:token|secret|key|password|proof)[^=&?\s"']{0,40}=)[^&\s"',;)]+/gi,
    '$1[hidden]',
  ],
  // "accessToken":"…" in JSON that was put into a message
  [/("[^"]{0,40}(?:token|secret|password|api_?key)[^"]{0,40}"\s{0,5}:\s{0,5}")[^"]+/gi, '$1[hidden]'],
  [/\b(bearer\s)\s{0,5}[\w.~+/=-]{12,}/gi, '$1[hidden]'],
  [/(\b[a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/@:]+:[^\s/@]+@/gi, '$1[hidden]@'],
  // the last part of a feed's address is its secret, 32 characters of base64url; a shorter name there is a file of ours
  [/(\/feeds\/[^/\s]{1,60}\/[^/\s]{1,60}\/)[\w-]{24,}/g, '$1[hidden]'],
];
const deepest = 6;
const longest = 10_000;
const most = 100;

/** A copy fit for a log: secrets hidden by key and inside texts, errors with code, stack and causes, nothing endless. */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value);
  if (value === null || typeof value !== 'object' || value instanceof Date) return value;
  if (depth >= deepest) return '[deep]';
  if (value instanceof Error || types.isNativeError(value)) return redactError(value, depth);
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (Array.isArray(value)) return value.slice(0, most).map((one) => redact(one, depth + 1));
  if (value instanceof Set) return redact([...value], depth);
  if (value instanceof Map) return redact(Object.fromEntries(value), depth);
  // addresses and database ids have no fields of their own
  if ('toJSON' in value && typeof value.toJSON === 'function') return redact(value.toJSON(), depth + 1);
  return redactFields(value, depth);
}

function redactFields(value: object, depth: number): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).map(([key, one]: [string, unknown]) => [
      key,
      secretKey.test(key) && one !== undefined ? '[hidden]' : redact(one, depth + 1),
    ]),
  );
}

function redactText(text: string): string {
  const short =
    text.length > longest ? `${text.slice(0, longest)}… (${text.length - longest} more characters)` : text;
  return secretsInText.reduce((clean, [pattern, instead]) => clean.replace(pattern, instead), short);
}

function redactError(error: Error, depth: number): Record<string, unknown> {
  const { name, message, stack, cause } = error;
  return {
    name,
    message: redact(message),
    ...redactFields(error, depth + 1),
    stack: redact(stack),
    ...(error instanceof AggregateError ? { errors: redact(error.errors, depth + 1) } : {}),
    ...(cause === undefined ? {} : { cause: redact(cause, depth + 1) }),
  };
}

/** `destination` is for tests; lines go to standard error, so that a command's output stays its own. */
export function createLog(
  config: Pick<Config, 'logLevel' | 'logFormat'>,
  destination: NodeJS.WritableStream = process.stderr,
): Log {
  const { combine, timestamp, json, printf } = winston.format;
  const clean = winston.format((line) => Object.assign(line, redact({ ...line })))();
  const logger = winston.createLogger({
    level: config.logLevel,
    format: combine(clean, timestamp(), config.logFormat === 'json' ? json() : printf(toReadable)),
    transports: [new winston.transports.Stream({ stream: destination })],
  });
  const wrap = (bound: Record<string, unknown>): Log => {
    const line =
      (level: string) =>
      (message: string, fields: Record<string, unknown> = {}) => {
        // one object: given apart, a field named `message` would be glued to the message
        logger.log({ ...bound, ...fields, level, message });
      };
    return {
      debug: line('debug'),
      info: line('info'),
      warn: line('warn'),
      error: line('error'),
      child: (fields) => wrap({ ...bound, ...fields }),
    };
  };
  return wrap({});
}

/** `12:30:01 error a request failed runId=r1`, and below it the stacks of the error and of its causes. */
function toReadable({
  level,
  message,
  timestamp,
  error,
  ...fields
}: winston.Logform.TransformableInfo): string {
  const shown = { ...fields, ...(hasStack(error) || error === undefined ? {} : { error }) };
  const tail = Object.entries(shown).map(([key, value]) => ` ${key}=${toWord(value)}`);
  const time = String(timestamp).slice(11, 19);
  return `${time} ${level.padEnd(5)} ${withoutControls(String(message))}${tail.join('')}${toStacks(error)}`;
}

function toStacks(error: unknown): string {
  if (!hasStack(error)) return '';
  const { stack, cause } = error;
  const causes = toStacks(cause);
  const lines = stack.split('\n').map(withoutControls).join('\n  ');
  return `\n  ${lines}${causes && `\n  caused by:${causes}`}`;
}

const hasStack = (error: unknown): error is { stack: string; cause?: unknown } =>
  typeof error === 'object' && error !== null && 'stack' in error && typeof error.stack === 'string';

function toWord(value: unknown): string {
  if (typeof value === 'string' && /^[^\s"=]+$/.test(value)) return withoutControls(value);
  const text = JSON.stringify(value, (_key, one: unknown) => (typeof one === 'bigint' ? String(one) : one));
  return withoutControls(text ?? String(value));
}

/** Text from outside must neither break the line nor steer the terminal. */
const withoutControls = (text: string): string =>
  text.replace(/\p{Cc}/gu, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
