/** Who makes a change, and what the audit log is to say of it. */
import type { Response } from 'express';

/** The name under which a change is kept. */
export function whoIs(res: Response): string {
  const caller = res.locals['caller'] as { name?: string } | undefined;
  return caller?.name ?? 'api';
}
