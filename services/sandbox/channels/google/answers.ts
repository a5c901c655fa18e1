/** Answers in the shapes of Google's APIs: google.rpc.Status with details. https://cloud.google.com/apis/design/errors */
import type { Response } from 'express';

const statuses: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT', 401: 'UNAUTHENTICATED', 403: 'PERMISSION_DENIED', 404: 'NOT_FOUND', 429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
}; // prettier-ignore

export interface Violation {
  field: string;
  description: string;
}

/** `reason` stands in ErrorInfo's metadata, as https://developers.google.com/merchant/api/guides/error-handling says. */
export function fail(
  res: Response,
  code: number,
  message: string,
  reason = '',
  violations: readonly Violation[] = [],
): void {
  const details: object[] = [
    {
      '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
      reason: reason.split('/').at(-1)?.toUpperCase() ?? '',
      domain: 'merchantapi.googleapis.com',
      metadata: { REASON: reason },
    },
  ];
  if (violations.length > 0)
    details.push({ '@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolations: violations });
  res.status(code).json({ error: { code, message, status: statuses[code] ?? 'UNKNOWN', details } });
}
