/** Logging by winston: JSON for machines, one readable line for people, secrets never. */
import winston from 'winston';
import type { Log } from '../catalog/context.ts';
import type { Config } from './config.ts';

const secretKey = /token|secret|password|passwd|authorization|api[-_]?key|cookie|credential|encryptionkey/i;
const secretInAddress = /([?&](?:[^=&\s]*(?:token|secret|key|password|proof)[^=&\s]*)=)[^&\s"]+/gi;
const userInAddress = /(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@:]+:[^\s/@]+@/gi;
const deepest = 6;

/** A copy fit for a log: secrets hidden by key and inside addresses, errors with code, stack and causes. */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === 'string')
    return value.replace(secretInAddress, '$1[hidden]').replace(userInAddress, '$1[hidden]@');
  if (value === null || typeof value !== 'object' || value instanceof Date) return value;
  if (depth >= deepest) return '[deep]';
  if (value instanceof Error) {
    const { name, message, stack, cause } = value;
    const rest = redact({ ...value }, depth + 1) as Record<string, unknown>;
    return {
      name,
      message: redact(message),
      ...rest,
      stack: redact(stack),
      ...(cause ? { cause: redact(cause, depth + 1) } : {}),
    };
  }
  if (Array.isArray(value)) return value.slice(0, 100).map((one) => redact(one, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [
      key,
      secretKey.test(key) && one !== undefined ? '[hidden]' : redact(one, depth + 1),
    ]),
  );
}

/** `destination` is for tests; lines go to standard error, so that a command's output stays its own. */
export function createLog(
  config: Pick<Config, 'logLevel' | 'logFormat'>,
  destination: NodeJS.WritableStream = process.stderr,
): Log {
  const { combine, timestamp, json, printf } = winston.format;
  const clean = winston.format((line) => Object.assign(line, redact({ ...line })))();
  const readable = printf(({ level, message, timestamp: at, ...fields }) => {
    const { error, ...rest } = fields as { error?: { message?: string; stack?: string } };
    const tail = Object.entries(rest)
      .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
      .join(' ');
    return `${String(at).slice(11, 19)} ${level.padEnd(5)} ${String(message)} ${tail}${error?.stack ? `\n  ${error.stack}` : ''}`;
  });
  const logger = winston.createLogger({
    level: config.logLevel,
    format: combine(clean, timestamp(), config.logFormat === 'json' ? json() : readable),
    transports: [new winston.transports.Stream({ stream: destination })],
  });
  const wrap = (bound: Record<string, unknown>): Log => {
    const line =
      (level: string) =>
      (message: string, fields: Record<string, unknown> = {}) => {
        logger.log(level, message, { ...bound, ...fields });
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
