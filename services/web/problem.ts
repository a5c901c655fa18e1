/** Every error becomes one problem+json answer (RFC 9457), here and nowhere else. */
import type { ErrorRequestHandler, RequestHandler } from 'express';
import { ZodError } from 'zod';
import type { Log } from '../../catalog/context.ts';
import {
  BusyError, ChannelError, ConfigError, ConflictError, InputError, NoAnswerError, NotFoundError, SourceError,
  SourceRefusedError, SyncError, TooLargeError,
} from '../../catalog/errors.ts'; // prettier-ignore

const statuses: readonly [new (...args: never[]) => SyncError, number][] = [
  [NotFoundError, 404],
  [ConflictError, 409],
  [ConfigError, 409],
  [TooLargeError, 413],
  [InputError, 422],
  [SourceError, 422],
  [SourceRefusedError, 422],
  [ChannelError, 422],
  [BusyError, 503],
  [NoAnswerError, 502],
];

export const notFound: RequestHandler = (req) => {
  throw new NotFoundError('address_unknown', `There is nothing at ${req.path}.`);
};

export const answerProblem =
  (log: Log): ErrorRequestHandler =>
  (error: unknown, req, res, _next) => {
    const requestId: unknown = res.locals['requestId'];
    if (res.headersSent) {
      // half an answer is out: only a broken connection tells the caller. Express would print the error, secrets and all
      log.error('an answer broke off', { path: req.path, requestId, error });
      res.destroy();
      return;
    }
    const problem = toProblem(error);
    if (problem.status >= 500) {
      log.error('a request failed', { path: req.path, requestId, error });
      if (typeof requestId === 'string') problem.requestId = requestId;
    }
    if (error instanceof BusyError && error.retryAfterMs !== undefined)
      res.setHeader('retry-after', Math.ceil(error.retryAfterMs / 1_000));
    res.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
  };

interface Problem {
  status: number;
  title: string;
  code: string;
  detail?: string;
  hint?: string;
  /** Where the log tells more. */
  requestId?: string;
  fields?: { path: string; message: string }[];
}

function toProblem(error: unknown): Problem {
  if (error instanceof ZodError) {
    const fields = error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }));
    const detail = fields.map(({ path, message }) => `${path || 'body'}: ${message}`).join('; ');
    return {
      status: 422,
      title: 'The request cannot be used as it is',
      code: 'request_invalid',
      detail,
      fields,
    };
  }
  if (error instanceof SyncError) {
    const status = statuses.find(([kind]) => error instanceof kind)?.[1] ?? 500;
    return {
      status,
      title: error.message,
      code: error.code,
      detail: error.message,
      ...(error.hint ? { hint: error.hint } : {}),
    };
  }
  if (hasOwnStatus(error))
    return {
      status: error.status,
      title: error.message,
      code: 'request_unreadable',
      detail: error.message,
    };
  return {
    status: 500,
    title: 'Something went wrong here',
    code: 'unexpected',
    detail: 'The log of the service tells more.',
  };
}

/** Express and its parsers carry a status of their own; only those that blame the request are told. */
function hasOwnStatus(error: unknown): error is { status: number; message: string } {
  if (typeof error !== 'object' || error === null || !('status' in error) || !('message' in error))
    return false;
  const { status, message } = error;
  return typeof status === 'number' && status >= 400 && status < 500 && typeof message === 'string';
}
