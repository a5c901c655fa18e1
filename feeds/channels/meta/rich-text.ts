/** The shop's HTML as Meta's `rich_text_description` takes it: known tags, no attributes. */
import type { Item } from '../../../catalog/item.ts';
import { lengths } from './limits.ts';

/** Undefined where there is no formatting, or more than Meta takes: HTML cannot be cut at a word. */
export function toRichText({ descriptionHtml: html }: Item): string | undefined {
  if (html === undefined) return undefined;
  // The items of a product follow each other and share it.
  if (html !== last.html) last = { html, text: toCleanHtml(html) };
  return last.text;
}

let last: { html: string; text: string | undefined } = { html: '', text: undefined };

function toCleanHtml(html: string): string | undefined {
  if (html.length > 5 * lengths.rich_text_description || !html.includes('<')) return undefined;
  const clean = cleanTags(hasUnseen.test(html) ? html.replace(unseen, '') : html).trim();
  return clean.length <= lengths.rich_text_description && clean.includes('<') ? clean : undefined;
}

const hasUnseen = /<(?:script|style|template|svg|iframe|!--)/i;
/** What no reader sees, with all that stands inside. */
const unseen = /<(script|style|template|svg|iframe)\b[\s\S]*?(?:<\/\1\s*>|$)|<!--[\s\S]*?(?:-->|$)/gi;
/** One tag; a `>` inside a quoted attribute does not end it. */
const tag = /<(\/?)([a-z][a-z0-9]*)(?:"[^"]*"|'[^']*'|[^'">])*>/iy;

// A shop's descriptions repeat the same few tags, and this runs for every item of every feed: each is read once.
const seen = new Map<string, string>();
const mostSeen = 5_000;

function cleanTags(html: string): string {
  let clean = '';
  let at = 0;
  for (;;) {
    const open = html.indexOf('<', at);
    if (open === -1) return clean + html.slice(at);
    const whole = html.slice(open, html.indexOf('>', open) + 1);
    clean += html.slice(at, open);
    const known = seen.get(whole);
    if (known !== undefined) {
      clean += known;
      at = open + whole.length;
      continue;
    }
    tag.lastIndex = open;
    const match = tag.exec(html);
    // Not a tag: "5 < 6" stays, as text.
    const text = match ? toCleanTag(match[1] ?? '', match[2] ?? '') : '&lt;';
    if (match?.[0] === whole && seen.size < mostSeen) seen.set(whole, text);
    clean += text;
    at = open + (match?.[0].length ?? 1);
  }
}

function toCleanTag(slash: string, name: string): string {
  const lower = name.toLowerCase();
  return allowed.has(lower) ? `<${slash}${lower}>` : '';
}

const allowed = new Set([
  'form', 'fieldset', 'div', 'span', 'section', 'header', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'table', 'tbody',
  'thead', 'tfoot', 'caption', 'tr', 'th', 'td', 'ul', 'ol', 'li', 'dl', 'dd', 'dt', 'p', 'b', 'u', 'i', 'em',
  'strong', 'title', 'small', 'br', 'sub', 'sup', 'pre', 'q', 's',
]); // prettier-ignore
