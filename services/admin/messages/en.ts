/** One file of messages per page; the keys begin with the page's name. */
import frame from './en/frame.json' with { type: 'json' };
import home from './en/home.json' with { type: 'json' };
import signIn from './en/sign-in.json' with { type: 'json' };

export const en = { ...frame, ...home, ...signIn };
