import type { en } from './en.ts';
import audit from './de/audit.json' with { type: 'json' };
import channels from './de/channels.json' with { type: 'json' };
import feeds from './de/feeds.json' with { type: 'json' };
import field from './de/field.json' with { type: 'json' };
import frame from './de/frame.json' with { type: 'json' };
import home from './de/home.json' with { type: 'json' };
import imports from './de/imports.json' with { type: 'json' };
import issues from './de/issues.json' with { type: 'json' };
import item from './de/item.json' with { type: 'json' };
import option from './de/option.json' with { type: 'json' };
import products from './de/products.json' with { type: 'json' };
import runs from './de/runs.json' with { type: 'json' };
import search from './de/search.json' with { type: 'json' };
import server from './de/server.json' with { type: 'json' };
import settings from './de/settings.json' with { type: 'json' };
import signIn from './de/sign-in.json' with { type: 'json' };
import welcome from './de/welcome.json' with { type: 'json' };

/** The type asks for every key that the English texts have; `server` says in German what the service says in English. */
export const de: Record<keyof typeof en, string> = {
  ...audit,
  ...channels,
  ...feeds,
  ...field,
  ...frame,
  ...home,
  ...imports,
  ...issues,
  ...item,
  ...option,
  ...products,
  ...runs,
  ...search,
  ...server,
  ...settings,
  ...signIn,
  ...welcome,
};
