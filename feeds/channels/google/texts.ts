/** Lists and groups in one text, as Google's text feeds write them: `a,"b, c"` and `country:region:service:price`. */

/** The entries of a list: one a line, or between commas that stand outside double quotes. */
export function splitList(text: string): string[] {
  if (text.includes('\n')) return text.split('\n').map((line) => line.trim()).filter((line) => line !== ''); // prettier-ignore
  return splitOutside(text, ',');
}

/** The parts of a group; a colon that belongs to a part has a backslash before it, or stands in double quotes. */
export const splitGroup = (text: string): string[] => splitOutside(text, ':', true);

/** The opposite of splitGroup; empty parts at the end are left out, those between keep their colons. */
export function joinGroup(parts: readonly string[]): string {
  return parts
    .map((part) => part.replace(/[\\:]/g, '\\$&'))
    .join(':')
    .replace(/:+$/, '');
}

/** The opposite of splitList, in one cell: an entry with a comma or a quote is quoted. */
export const joinList = (entries: readonly string[]): string =>
  entries.map((entry) => (/[,"]/.test(entry) ? `"${entry.replaceAll('"', '""')}"` : entry)).join(',');

function splitOutside(text: string, border: ',' | ':', keepEmpty = false): string[] {
  const parts: string[] = [];
  let part = '';
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const sign = text[at] ?? '';
    const next = text[at + 1];
    if (sign === '\\' && border === ':' && (next === ':' || next === '\\')) {
      part += next;
      at += 1;
    } else if (sign === '"' && isQuoted && next === '"') {
      part += sign;
      at += 1;
    } else if (sign === '"' && (isQuoted || part.trim() === '')) isQuoted = !isQuoted;
    else if (sign === border && !isQuoted) {
      parts.push(part.trim());
      part = '';
    } else part += sign;
  }
  parts.push(part.trim());
  return keepEmpty ? parts : parts.filter((one) => one !== '');
}
