import type { Response } from 'express';

/** A refusal that no error of the core stands for, as problem+json (RFC 9457). */
export function refuse(res: Response, status: number, code: string, title: string, hint?: string): void {
  const problem = { status, code, title, detail: title, ...(hint ? { hint } : {}) };
  res.status(status).type('application/problem+json').send(JSON.stringify(problem));
}
