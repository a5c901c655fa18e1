/** One file of messages per page; the keys begin with the page's name. */
import audit from './en/audit.json' with { type: 'json' };
import channels from './en/channels.json' with { type: 'json' };
import feeds from './en/feeds.json' with { type: 'json' };
import field from './en/field.json' with { type: 'json' };
import frame from './en/frame.json' with { type: 'json' };
import home from './en/home.json' with { type: 'json' };
import imports from './en/imports.json' with { type: 'json' };
import issues from './en/issues.json' with { type: 'json' };
import item from './en/item.json' with { type: 'json' };
import option from './en/option.json' with { type: 'json' };
import products from './en/products.json' with { type: 'json' };
import runs from './en/runs.json' with { type: 'json' };
import search from './en/search.json' with { type: 'json' };
import settings from './en/settings.json' with { type: 'json' };
import signIn from './en/sign-in.json' with { type: 'json' };
import welcome from './en/welcome.json' with { type: 'json' };

export const en = {
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
  ...settings,
  ...signIn,
  ...welcome,
};
