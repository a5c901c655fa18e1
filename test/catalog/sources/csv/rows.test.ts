import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { stringify } from 'csv-stringify/sync';
import { createKnownProducts } from '../../../../catalog/known-products.ts';
import { createRowReader } from '../../../../catalog/tables/rows.ts';

const layout = { delimiter: ',', quote: '"', newline: '\n' as const, columns: 3 };

async function readRows(text: string, chunkSize = 1 << 20, columns = 3) {
  const reader = createRowReader({ ...layout, columns }, 1);
  const bytes = Buffer.from(text);
  const rows = [];
  for (let at = 0; at < bytes.length; at += chunkSize) {
    rows.push(...reader.write(bytes.subarray(at, at + chunkSize)));
  }
  rows.push(...(await reader.end()));
  return rows.map((row) => {
    if ('known' in row) return `${row.line} known`;
    return 'issue' in row ? `${row.line} ${row.issue.code}` : `${row.line} ${row.cells.join('|')}`;
  });
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

describe('with products that are known by their bytes', () => {
  const good = 'h,h,h\na,"x\n1",2\na,3,4\nb,5,6\r\n\nc,7,8\nd,9,10\n';
  const known = createKnownProducts('');
  const maker = known.recogniser('', 10);
  for (const [key, bytes, records] of [
    ['a', 'a,"x\n1",2\na,3,4\n', 2],
    ['c', 'c,7,8\n', 1],
    ['d', 'd,9,10\n', 1],
  ] as const)
    known.add(key, maker.toFingerprint({ bytes: Buffer.from(bytes), records, key, otherKey: undefined }));

  const read = async (text: string, chunkSize: number, reading = '') => {
    const reader = createRowReader(layout, 1, known.recogniser(reading, 10));
    const bytes = Buffer.from(text);
    const rows = [];
    for (let at = 0; at < bytes.length; at += chunkSize)
      rows.push(...reader.write(bytes.subarray(at, at + chunkSize)));
    rows.push(...(await reader.end()));
    return rows.map((row) => {
      if ('issue' in row) return `${row.line} ${row.issue.code}`;
      return `${row.line} ${'known' in row ? `known ${row.known.records}` : row.cells.join('|')}`;
    });
  };

  it('parses only the others, however the bytes come', async () => {
    for (const chunkSize of [1, 2, 3, 5, 11, 100])
      expect(await read(good, chunkSize)).toEqual([
        '1 h|h|h',
        '2 known 2',
        '5 b|5|6',
        '7 known 1',
        '8 known 1',
      ]);
  });

  it('parses what goes on behind the known bytes, what is cut off, and what stands there twice', async () => {
    for (const chunkSize of [1, 4, 100]) {
      expect(await read('h,h,h\nc,7,88\nd,9,10', chunkSize)).toEqual(['1 h|h|h', '2 c|7|88', '3 d|9|10']);
      expect(await read('h,h,h\nc,7,8\nc,7,8\n', chunkSize)).toEqual(['1 h|h|h', '2 known 1', '3 c|7|8']);
    }
  });

  it('does not take them from within a quoted cell, and goes on with them behind a broken row', async () => {
    for (const chunkSize of [1, 4, 100]) {
      expect(await read('h,h,h\nq,"\nc,7,8\n",r\nd,9,10\n', chunkSize)).toEqual(['1 h|h|h', '2 q|\nc,7,8\n|r', '5 known 1']);
      expect(await read('h,h,h\nq,r\nc,7,8\n', chunkSize)).toEqual(['1 h|h|h', '2 row_too_short', '3 known 1']);
    }
  }); // prettier-ignore

  it('knows none of them under another way of reading', async () => {
    expect(await read('h,h,h\nc,7,8\n', 100, 'other')).toEqual(['1 h|h|h', '2 c|7|8']);
  });
});
