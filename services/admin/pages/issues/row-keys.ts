/** Keys while a group is open: j k move, x selects, e edits, a applies, A applies all, w tells why. */
import { useEffect, useState } from 'react';
import { isInDialog, isWriting } from '../../frame/keys.ts';
import type { Row } from './group-query.ts';

export const inputId = (offerId: string): string => `value-${offerId}`;

export function useRowKeys(
  rows: readonly Row[],
  act: { toggle: (row: Row) => void; accept: (row: Row) => void; all: () => void; why: () => void },
): { at: number; setAt: (at: number) => void } {
  const [at, setAt] = useState(-1);
  const place = Math.min(at, rows.length - 1);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (
        event.ctrlKey ||
        event.metaKey ||
        event.altKey ||
        isWriting(event.target) ||
        isInDialog(event.target)
      )
        return;
      const row = rows[place];
      const then: Record<string, (() => void) | undefined> = {
        j: () => setAt(Math.min(rows.length - 1, place + 1)),
        k: () => setAt(Math.max(0, place - 1)),
        x: row && (() => act.toggle(row)),
        a: row && (() => act.accept(row)),
        e: row && (() => document.getElementById(inputId(row.card.offerId))?.focus()),
        A: act.all,
        w: act.why,
      };
      const work = then[event.key];
      if (!work) return;
      event.preventDefault();
      work();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [rows, place, act]);
  return { at: place, setAt };
}
