/** What came packed, unpacked. */
import { createReadStream, createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { SourceError } from '../errors.ts';
import { createCounter, cutOff, limits } from './bounds.ts';
import { unzip } from './zip.ts';

/** With a file in it, and with none. https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT */
const zipStarts = [Buffer.from('PK\u0003\u0004'), Buffer.from('PK\u0005\u0006')];

/** Unpacks `path` to `target` when it is gzip or zip, which carry length and checksum; false when it is neither. */
export async function unpack(path: string, target: string, most: number = limits.unpacked): Promise<boolean> {
  const start = await readStart(path, 4);
  if (zipStarts.some((bytes) => bytes.equals(start))) {
    await unzip(path, target, most);
    return true;
  }
  if (start[0] !== 0x1f || start[1] !== 0x8b) return false;
  try {
    await pipeline(
      createReadStream(path),
      createGunzip(),
      createCounter(most).stream,
      createWriteStream(target),
    );
  } catch (cause) {
    throw cause instanceof SourceError ? cause : cutOff(cause);
  }
  return true;
}

export async function readStart(path: string, bytes: number): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
