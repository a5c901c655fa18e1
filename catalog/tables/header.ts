/** The first row of a file, and reading cells by its columns. */

export interface Header {
  /** As written, without the white space around them. */
  names: string[];
  /** Column of the first name that is there, whatever its case; -1 when none is. */
  find: (...names: string[]) => number;
  /** Columns whose name matches, in order. */
  findAll: (pattern: RegExp) => { at: number; match: RegExpExecArray }[];
}

export function toHeader(cells: readonly string[]): Header {
  const names = cells.map((cell) => cell.replace(/^\uFEFF/, '').trim());
  const byName = new Map<string, number>();
  for (const [at, name] of names.entries()) {
    const key = name.toLowerCase();
    if (key !== '' && !byName.has(key)) byName.set(key, at);
  }
  return {
    names,
    find(...wanted) {
      for (const name of wanted) {
        const at = byName.get(name.toLowerCase());
        if (at !== undefined) return at;
      }
      return -1;
    },
    findAll: (pattern) =>
      names.flatMap((name, at) => {
        const match = pattern.exec(name);
        return match ? [{ at, match }] : [];
      }),
  };
}

/**
 * The cell of column `at` ('' for -1) without white space around it and without the guards that exports put before
 * what a spreadsheet could take for a formula: `'=1+1`, `="0012"`.
 */
export function readCell(cells: readonly string[], at: number): string {
  if (at < 0) return '';
  const cell = cells[at];
  if (cell === undefined || cell === '') return '';
  const text = cell.trim();
  const first = text.charCodeAt(0);
  if (first === 39 && /^'[=+\-@\t\r]/.test(text)) return readCell([text.slice(1)], 0);
  if (first === 61) return /^="(.*)"$/s.exec(text)?.[1] ?? text;
  return text;
}

/** A cell of digits: there the apostrophe may stand before anything. */
export const readCode = (cells: readonly string[], at: number): string =>
  readCell(cells, at).replace(/^'/, '');
