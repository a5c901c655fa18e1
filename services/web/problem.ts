/** Every error becomes one problem+json answer (RFC 9457), here and nowhere else. */
import type { ErrorRequestHandler, RequestHandler } from 'express';
import { ZodError } from 'zod';
import type { Log } from '../../catalog/context.ts';
import {
  BusyError, ChannelError, ConflictError, InputError, NoAnswerError, NotFoundError, SourceError, SyncError,
} from '../../catalog/errors.ts'; // prettier-ignore

const statuses: readonly [new (...args: never[]) => SyncError, number][] = [
  [NotFoundError, 404],
  [ConflictError, 409],
  [InputError, 422],
  [SourceError, 422],
  [ChannelError, 422],
  [BusyError, 503],
  [NoAnswerError, 502],
];

export const notFound: RequestHandler = (req) => {
  throw new NotFoundError('address_unknown', `There is nothing at ${req.path}.`);
};

export const answerProblem =
  (log: Log): ErrorRequestHandler =>
  (error: unknown, req, res, next) => {
    if (res.headersSent) return next(error);
    const problem = toProblem(error);
    if (problem.status >= 500)
      log.error('a request failed', { path: req.path, requestId: res.locals['requestId'], error });
    res.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
  };

interface Problem {
  status: number;
  title: string;
  code: string;
  detail?: string;
  hint?: string;
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
  // express and its parsers carry a status of their own
  const status = (error as { status?: unknown } | null)?.status;
  if (typeof status === 'number' && status >= 400 && status < 500)
    return {
      status,
      title: (error as Error).message,
      code: 'request_unreadable',
      detail: (error as Error).message,
    };
  return {
    status: 500,
    title: 'Something went wrong here',
    code: 'unexpected',
    detail: 'The log of the service tells more.',
  };
}
