/** The menu, in its order: one line per page. `key` is the letter after `g`. */
import { IconHandStop, IconHome2, IconPackage, type Icon } from '@tabler/icons-react';
import type { MessageKey } from '../messages/text.ts';

export interface MenuLine {
  /** Below `/c/{catalogId}`. */
  to: string;
  title: MessageKey;
  icon: Icon;
  key?: string;
  /** What a count beside the word would count, shown when there is one. */
  count?: 'issues';
}

export const menu: readonly MenuLine[] = [
  { to: '/home', title: 'home.menu', icon: IconHome2, key: 'h' },
  { to: '/issues', title: 'issues.menu', icon: IconHandStop, key: 'i', count: 'issues' },
  { to: '/products', title: 'products.menu', icon: IconPackage, key: 'p' },
];
