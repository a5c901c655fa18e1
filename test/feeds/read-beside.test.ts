import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readBeside } from '../../feeds/formats/read-beside.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'read-beside-'));
});
afterAll(() => rm(folder, { recursive: true }));

const record = `1,"${'é'.repeat(500)}"\r\n`;
const manyRecords = record.repeat(1_000);

/** Writes `parts` one after the other, telling the reader as the feed's writer does. */
async function write(parts: readonly string[], told = (bytes: number): number => bytes): Promise<number> {
  const path = join(folder, 'feed.csv');
  const reader = readBeside(path, 'csv');
  const file = await open(path, 'w');
  try {
    let bytes = 0;
    for (const part of ['id,title\r\n', ...parts]) {
      await file.writeFile(part);
      bytes += Buffer.byteLength(part);
      reader.written(bytes);
    }
    return await reader.end(told(bytes));
  } finally {
    await reader.stop();
    await file.close();
  }
}

describe('reading a feed back while it is written', () => {
  it('counts the items of a large feed, wherever its pieces end', async () => {
    const text = manyRecords.repeat(12);
    const pieces = Array.from({ length: 9 }, (_, at) => text.slice((at * text.length) / 9, ((at + 1) * text.length) / 9));
    expect(await write(pieces)).toBe(12_000);
  }); // prettier-ignore

  it('counts the items of a small one', async () => {
    expect(await write([record, record])).toBe(2);
  });

  it('tells what is wrong with a large one', async () => {
    await expect(write([...Array.from({ length: 12 }, () => manyRecords), '1,2,3\r\n'])).rejects.toThrow(
      /3 fields instead of 2 in record 12002/,
    );
  });

  it('notices bytes that nobody has written, and missing ones', async () => {
    const parts = Array.from({ length: 12 }, () => manyRecords);
    for (const away of [-record.length - 500, 5])
      await expect(write(parts, (bytes) => bytes + away)).rejects.toThrow(/bytes instead of/);
  });
});
