/** HTML descriptions into plain text, and texts cut to a length. */
import { Tokenizer, type TokenizerCallbacks } from 'htmlparser2';

/**
 * Plain text of a piece of HTML: one line per block or `<br>`, words kept apart, entities decoded once, scripts,
 * styles and control characters dropped. A text without tags keeps its own line breaks.
 */
export function htmlToText(html: string): string {
  const hasTags = /<[a-z!/?]/i.test(html);
  // NUL stands for a line break until the white space is settled, so none may come from outside.
  const source = html.includes('\0') ? html.replaceAll('\0', '') : html;
  const marked = hasTags || source.includes('&') ? readHtml(source) : source;
  return settle(hasTags ? marked : marked.replace(/\r\n?|\n|\u2028|\u2029/g, '\0'));
}

/**
 * The longest beginning of at most `max` UTF-16 units (the way the strictest channels count) that ends between two
 * graphemes, and between two words when a word border is near. Shorter texts come back as they are.
 */
export function cutAtWord(text: string, max: number): string {
  if (text.length <= max) return text;
  if (max <= 0) return '';
  const end = graphemeBorder(text, max);
  if (/\s/.test(text[end] ?? '')) return text.slice(0, end).trimEnd();
  const space = text.slice(0, end).search(/\s\S*$/);
  // In a script without spaces, or in one endless word, the last space may be far away.
  return text.slice(0, space > max / 2 ? space : end).trimEnd();
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** The last border at or before `max`. Only the neighbourhood is segmented; families of emoji fit in 64 units. */
function graphemeBorder(text: string, max: number): number {
  const from = Math.max(0, max - 64);
  const start = isLowSurrogate(text, from) ? from + 1 : from;
  const border = graphemes.segment(text.slice(start, max + 64)).containing(max - start)?.index ?? 0;
  if (border > 0) return start + border;
  return isLowSurrogate(text, max) ? max - 1 : max;
}

const isLowSurrogate = (text: string, at: number): boolean => (text.charCodeAt(at) & 0xfc00) === 0xdc00;

/** Elements that begin and end a line. */
const blocks = new Set(
  (
    'address article aside blockquote br center dd details dialog dir div dl dt fieldset figcaption figure footer ' +
    'form h1 h2 h3 h4 h5 h6 header hr legend li main menu nav ol option p pre section select summary table ' +
    'tbody tfoot thead title tr ul'
  ).split(' '),
);
/** Elements that keep words apart without beginning a line. */
const cells = new Set(['td', 'th', 'img', 'button', 'input']);
/** Elements whose content nobody reads. */
const unread = new Set(['script', 'style', 'iframe', 'noembed', 'noframes']);

const nothing = (): void => undefined;

/** The text of `html` with NUL for each line break. The bare tokenizer: no tree, no attributes. */
function readHtml(html: string): string {
  let text = '';
  let skipped: string | undefined;
  const callbacks: TokenizerCallbacks = {
    ontext(start, end) {
      if (skipped === undefined) text += html.slice(start, end);
    },
    ontextentity(codepoint) {
      if (skipped === undefined && codepoint !== 0) text += String.fromCodePoint(codepoint);
    },
    onopentagname(start, end) {
      const name = html.slice(start, end).toLowerCase();
      if (blocks.has(name)) text += '\0';
      else if (cells.has(name)) text += ' ';
      else if (unread.has(name)) skipped ??= name;
    },
    onclosetag(start, end) {
      const name = html.slice(start, end).toLowerCase();
      if (name === skipped) skipped = undefined;
      if (blocks.has(name)) text += '\0';
      else if (cells.has(name)) text += ' ';
    },
    onselfclosingtag: nothing,
    onopentagend: nothing,
    onattribdata: nothing,
    onattribend: nothing,
    onattribentity: nothing,
    onattribname: nothing,
    oncdata: nothing,
    oncomment: nothing,
    ondeclaration: nothing,
    onend: nothing,
    onprocessinginstruction: nothing,
  };
  const tokenizer = new Tokenizer({ decodeEntities: true }, callbacks);
  tokenizer.write(html);
  tokenizer.end();
  return text;
}

// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const controls = /[\u0001-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f\u200b\ufffe\uffff]/g;

function settle(marked: string): string {
  const clean = controls.test(marked) ? marked.replace(controls, '') : marked;
  controls.lastIndex = 0;
  return (
    clean
      // single spaces, which is nearly all, stay as they are
      .replace(/[\s\u0085]{2,}|[^\S ]|\u0085/g, ' ')
      // oxlint-disable-next-line no-control-regex -- NUL is our own mark
      .replace(/ ?\0[\0 ]*/g, '\n')
      .trim()
  );
}
