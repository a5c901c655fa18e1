import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { stringify } from 'csv-stringify/sync';
import { createRowReader } from '../../../../catalog/sources/csv/rows.ts';

const layout = { delimiter: ',', quote: '"', newline: '\n' as const, columns: 3 };

async function readRows(text: string, chunkSize = 1 << 20, columns = 3) {
  const reader = createRowReader({ ...layout, columns }, 1);
  const bytes = Buffer.from(text);
  const rows = [];
  for (let at = 0; at < bytes.length; at += chunkSize) {
    rows.push(...reader.write(bytes.subarray(at, at + chunkSize)));
  }
  rows.push(...(await reader.end()));
  return rows.map((row) =>
    'issue' in row ? `${row.line} ${row.issue.code}` : `${row.line} ${row.cells.join('|')}`,
  );
}

describe('the row reader', () => {
  it.each([
    ['numbers rows by their first line', 'a,b,c\n\n\nd,"e\n\nf",g\r\nh,i,j', ['1 a|b|c', '4 d|e\n\nf|g', '7 h|i|j']],
    ['reports a row with too few columns', 'a,b,c\nd,e\nf,g,h\n', ['1 a|b|c', '2 row_too_short', '3 f|g|h']],
    ['reports a row with too many columns', 'a,b,c\nd,e,f,g\nh,i,j\n', ['1 a|b|c', '2 row_too_long', '3 h|i|j']],
    ['allows delimiters behind the last column', 'a,b,c,,\n', ['1 a|b|c||']],
    ['takes an inch mark as it stands', 'a,5" screen,c\nd,e,f\n', ['1 a|5" screen|c', '2 d|e|f']],
    ['loses only the row whose quote is never closed', 'a,"b,c\nd,e,f\ng,"h, i",j\n', ['1 row_quote_broken', '2 d|e|f', '3 g|h, i|j']],
    ['finds good rows that an open quote has swallowed up to the end', 'a,b,c\nd,"e,f\ng,h,i\n', ['1 a|b|c', '2 row_quote_broken', '3 g|h|i']],
    ['finds good rows that an open quote has swallowed into a row of the wrong size', 'a,"b,c\nd,e,f\ng,h,"i"\n', ['1 row_quote_broken', '2 d|e|f', '3 g|h|i']],
    ['goes on with a row of several lines', 'a,"b,c\nd,"e\nf",g\nh,i,j\n', ['1 row_quote_broken', '2 d|e\nf|g', '4 h|i|j']],
    ['takes broken lines together up to the next good row', 'a,"b "c" d\ne\nf",g\nh,i,j\n', ['1 row_quote_broken', '4 h|i|j']],
  ])('%s', async (_, text, expected) => {
    expect(await readRows(text)).toEqual(expected);
    for (const size of [1, 2, 3, 7]) expect(await readRows(text, size)).toEqual(expected);
  }); // prettier-ignore

  it('survives an unclosed quote before a megabyte of good rows', async () => {
    const good = Array.from({ length: 40_000 }, (_, at) => `id${at},a fine title for it,${at}.99`).join('\n');
    const rows = await readRows(`x,"never closed,1\n${good}\n`, 65_536);
    expect(rows).toHaveLength(40_001);
    expect(rows[0]).toBe('1 row_quote_broken');
    expect(rows.at(-1)).toBe('40001 id39999|a fine title for it|39999.99');
  });

  it('gives back any table, however it is cut into chunks', async () => {
    const cell = fc.string({
      unit: fc.constantFrom('a', 'é', '"', ',', '\n', '\r\n', ' ', '漢'),
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.tuple(
            cell,
            cell,
            cell.map((text) => `x${text}`),
          ),
          { minLength: 1, maxLength: 8 },
        ),
        fc.integer({ min: 1, max: 9 }),
        async (table, size) => {
          const text = stringify(table, { quoted: true });
          const rows = await readRows(text, size);
          expect(rows.map((row) => row.replace(/^\d+ /, ''))).toEqual(table.map((cells) => cells.join('|')));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('keeps the neighbours of every broken row', async () => {
    const broken = fc.constantFrom('x,"open,1', 'x,y', 'x,y,z,w', 'x,"a"b",1', '"x,y,1');
    const good = fc.constantFrom('good,"a, b",1', 'good,b,2', 'good,"line\nbreak",3');
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(good, broken), { minLength: 1, maxLength: 12 }), async (lines) => {
        const rows = await readRows(`${lines.join('\n')}\n`);
        const wanted = lines.filter((line) => line.startsWith('good')).length;
        expect(rows.filter((row) => row.includes('good'))).toHaveLength(wanted);
      }),
      { numRuns: 300 },
    );
  });
});
