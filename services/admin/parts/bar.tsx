/** A stacked bar: what is of which kind, in words for those who cannot see it. */
import type { ReactNode } from 'react';
import { showNumber } from '../messages/text.ts';
import classes from './bar.module.css';

export interface BarPart {
  count: number;
  /** A custom property of styles.css without its dashes: `bar-accepted`. */
  tone: string;
  words: string;
}

export function Bar({ parts, whole }: { parts: readonly BarPart[]; whole?: number }): ReactNode {
  const shown = parts.filter(({ count }) => count > 0);
  const sum = shown.reduce((total, { count }) => total + count, 0);
  const all = Math.max(whole ?? 0, sum) || 1;
  const label = shown.map(({ count, words }) => `${showNumber(count)} ${words}`).join(', ') || '0';
  return (
    <div className={classes['bar']} role="img" aria-label={label}>
      {shown.map(({ count, tone, words }) => (
        <span
          key={words}
          title={`${showNumber(count)} ${words}`}
          style={{ width: `${(count / all) * 100}%`, background: `var(--${tone})` }}
        />
      ))}
    </div>
  );
}
