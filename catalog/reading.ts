/** What the readers of a source's texts share: blank is absent, and what is wrong becomes an Issue. */
import type { Issue } from './issue.ts';

/** Reports what is wrong with the product or variant in hand. */
export type Report = (issue: Omit<Issue, 'from' | 'line' | 'variant'>) => void;

/** A `Report` into `issues` for one product, or for one of its variants. */
export function reporter(issues: Issue[], line: number | undefined, variant: string | undefined): Report {
  return (issue) => {
    const found: Issue = { ...issue, from: 'source' };
    if (found.value !== undefined && found.value.length > 200) found.value = found.value.slice(0, 200);
    if (line !== undefined) found.line = line;
    if (variant !== undefined) found.variant = variant;
    issues.push(found);
  };
}

export function trimmed(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined;
  const clean = text.trim();
  return clean === '' ? undefined : clean;
}
