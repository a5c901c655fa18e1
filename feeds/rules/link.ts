/** Rules about web addresses. */
import type { Rule } from '../channel.ts';
import { nameOf, textOf, toIssue, type About, type TextField } from '../spec.ts';

/** The field, where filled, is a whole http or https address. */
export function httpUrl(field: TextField, about: About): Rule {
  const read = textOf(field);
  return (item) => {
    const text = read(item);
    if (text === undefined || text === '' || isHttpUrl(text)) return undefined;
    return toIssue(field, 'not_a_url', `The ${nameOf(field)} is not a whole web address.`, about, {
      hint: 'Write the whole address, beginning with https://, without spaces.',
      value: text,
    });
  };
}

/** The field, where filled, is an address that an app opens: with a scheme of its own, or a web address. */
export function appUrl(field: TextField, about: About): Rule {
  const read = textOf(field);
  return (item) => {
    const text = read(item);
    if (text === undefined || text === '' || isAppUrl(text)) return undefined;
    return toIssue(field, 'not_an_address', `The ${nameOf(field)} is not a whole address.`, about, {
      hint: 'Write the whole address with its scheme, such as shop://item/7.',
      value: text,
    });
  };
}

export const isAppUrl = (text: string): boolean =>
  /^[a-z][a-z0-9+.-]*:\/\/\S+$/i.test(text) && !/[\s<>"]/.test(text);

export function isHttpUrl(text: string): boolean {
  // the items of a product follow each other and share it
  if (text !== last.text) last = { text, isUrl: judge(text) };
  return last.isUrl;
}
let last = { text: '', isUrl: false };

const judge = (text: string): boolean =>
  /^https?:\/\/[^\s/?#]/i.test(text) && !/[\s<>"]/.test(text) && URL.canParse(text);

/** The address does not lead to one of these domains or below them. */
export function notOnDomain(field: TextField, domains: readonly string[], about: About): Rule {
  const read = textOf(field);
  const pattern = new RegExp(
    `^https?://(?:[^/?#@]*@)?(?:[^/?#]+\\.)?(?:${domains.map((d) => d.replaceAll('.', '\\.')).join('|')})(?:[:/?#]|$)`,
    'i',
  );
  return (item) => {
    const text = read(item);
    if (text === undefined || !pattern.test(text)) return undefined;
    return toIssue(field, 'foreign_domain', `The ${nameOf(field)} leads to ${domains[0]}.`, about, {
      hint: "Use the address of the item's page in your own shop.",
      value: text,
    });
  };
}

/** The address is a page, not the front door of the shop. */
export function notBareDomain(field: TextField, about: About): Rule {
  const read = textOf(field);
  return (item) => {
    const text = read(item);
    if (text === undefined || !/^https?:\/\/[^/?#]+\/?$/i.test(text)) return undefined;
    return toIssue(field, 'bare_domain', `The ${nameOf(field)} is the shop's front page.`, about, {
      hint: 'Use the address of the page of exactly this item.',
      value: text,
    });
  };
}
