/** The shop's HTML as Meta's `rich_text_description` takes it: known tags, no attributes. */
import type { Item } from '../../../catalog/item.ts';
import { lengths } from './limits.ts';

/** Undefined where there is no formatting, or more than Meta takes: HTML cannot be cut at a word. */
export function toRichText({ descriptionHtml: html }: Item): string | undefined {
  if (html === undefined || html.length > 5 * lengths.rich_text_description || !html.includes('<'))
    return undefined;
  const clean = html
    .replace(/<(script|style|template|svg|iframe)\b[\s\S]*?(?:<\/\1\s*>|$)|<!--[\s\S]*?(?:-->|$)/gi, '')
    .replace(/<(\/?)([a-z][a-z0-9]*)(?:"[^"]*"|'[^']*'|[^'">])*>/gi, (_tag, end: string, name: string) => {
      const tag = name.toLowerCase();
      return allowed.has(tag) ? `<${end}${tag}>` : '';
    })
    .trim();
  return clean.length <= lengths.rich_text_description && clean.includes('<') ? clean : undefined;
}

const allowed = new Set([
  'form', 'fieldset', 'div', 'span', 'section', 'header', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'table', 'tbody',
  'thead', 'tfoot', 'caption', 'tr', 'th', 'td', 'ul', 'ol', 'li', 'dl', 'dd', 'dt', 'p', 'b', 'u', 'i', 'em',
  'strong', 'title', 'small', 'br', 'sub', 'sup', 'pre', 'q', 's',
]); // prettier-ignore
