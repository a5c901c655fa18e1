/** Keys of the whole page: `g` and a letter goes to a page. Nothing happens while a person writes. */
import { useNavigate } from '@tanstack/react-router';
import { useEffect } from 'react';
import { menu } from './menu.ts';

/** Long enough for a slow hand, short enough that a lone `g` is forgotten. */
const togetherMs = 1_200;

export const isWriting = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName));

/** A dialog, a list or a menu has the keys. */
export const isInDialog = (target: EventTarget | null): boolean =>
  document.querySelector('[role="dialog"]') !== null ||
  (target instanceof HTMLElement &&
    target.closest('[role="dialog"], [role="listbox"], [role="menu"]') !== null);

export function useMenuKeys(catalogId: string): void {
  const navigate = useNavigate();
  useEffect(() => {
    let begun = 0;
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || isWriting(event.target)) return;
      const line = menu.find(({ key }) => key === event.key);
      if (line && event.timeStamp - begun < togetherMs) {
        event.preventDefault();
        void navigate({ to: `/c/${catalogId}${line.to}` });
      }
      begun = event.key === 'g' ? event.timeStamp : 0;
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [catalogId, navigate]);
}
