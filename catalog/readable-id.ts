/** Ids that people can read, of plain letters, made from whatever a source calls its things. */
import { createHash } from 'node:crypto';

/**
 * `Crème Brûlée / M` → `creme-brulee-m`. Same parts, same id. Where something had to be left out (another alphabet,
 * too long for `max`), eight hex digits of a hash of all parts keep the id apart from its neighbours.
 */
export function toReadableId(parts: readonly string[], max: number): string {
  const text = parts.filter((part) => part !== '').join('-');
  if (text.length <= max && /^[a-z0-9]+(?:[-_][a-z0-9]+)*$/.test(text)) return text;
  const folded = text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll('ß', 'ss')
    .replaceAll('ø', 'o');
  const readable = folded.replace(/[^a-z0-9_]+/g, '-').replace(/^-+|-+$/g, '');
  // Separators may go without a trace; letters, digits and signs that tell variants apart may not.
  const lossy = /[^a-z0-9_\s/,.'"()|:;&-]/.test(folded) || readable === '';
  return lossy || readable.length > max ? withHash(readable, parts, max) : readable;
}

/** The readable id with the hash always on it, for the second of two things whose readable ids are the same. */
export const toHashedId = (parts: readonly string[], max: number): string =>
  withHash(toReadableId(parts, max), parts, max);

function withHash(readable: string, parts: readonly string[], max: number): string {
  const hash = createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 8);
  return [readable.slice(0, max - 9).replace(/-+$/, ''), hash].filter((part) => part !== '').join('-');
}
