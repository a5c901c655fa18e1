/** The menu, in its order: one line per page. `key` is the letter after `g`. */
import {
  IconBuildingStore,
  IconFileUpload,
  IconHandStop,
  IconHome2,
  IconPackage,
  IconPlayerPlay,
  IconRss,
  IconSettings,
  type Icon,
} from '@tabler/icons-react';
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
  { to: '/imports', title: 'imports.menu', icon: IconFileUpload, key: 'm' },
  { to: '/channels', title: 'channels.menu', icon: IconBuildingStore, key: 'c' },
  { to: '/feeds', title: 'feeds.menu', icon: IconRss, key: 'f' },
  { to: '/runs', title: 'runs.menu', icon: IconPlayerPlay, key: 'r' },
  { to: '/settings', title: 'settings.menu', icon: IconSettings, key: 's' },
];
