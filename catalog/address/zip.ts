/** The one file in a zip, proven by its length and checksum. */
import { createWriteStream } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32 } from 'node:zlib';
import { openPromise, type Entry } from 'yauzl';
import { SourceError } from '../errors.ts';
import { createCounter, cutOff } from './bounds.ts';

/** Leftovers of the systems that pack zips. */
const isFile = ({ fileName }: Entry): boolean =>
  !fileName.endsWith('/') && !/(^|\/)(__MACOSX\/|\.)/.test(fileName);

/** Throws `SourceError` when the zip breaks off, is damaged, holds no or several files, or more than `most` bytes. */
export async function unzip(path: string, target: string, most: number): Promise<void> {
  let zip: Awaited<ReturnType<typeof openPromise>>;
  try {
    zip = await openPromise(path, { autoClose: false, lazyEntries: true });
  } catch (cause) {
    // the list of files stands at the end of a zip
    throw cutOff(cause);
  }
  try {
    const files: Entry[] = [];
    for await (const entry of zip.eachEntry()) if (isFile(entry)) files.push(entry);
    const [file, ...others] = files;
    if (!file || others.length > 0)
      throw new SourceError(
        'address_zip_not_one_file',
        file
          ? `The zip holds ${files.length} files: ${files.map(({ fileName }) => fileName).join(', ').slice(0, 200)}.`
          : 'The zip holds no file.',
        { hint: 'Pack exactly the one file with the products.' },
      ); // prettier-ignore
    if (file.isEncrypted())
      throw new SourceError('address_zip_locked', 'The zip is locked by a password.', {
        hint: 'Pack it without one; the address itself can ask for a sign-in.',
      });
    let sum = 0;
    const summed = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        sum = crc32(chunk, sum);
        done(null, chunk);
      },
    });
    await pipeline(await zip.openReadStreamPromise(file), createCounter(most).stream, summed, createWriteStream(target)); // prettier-ignore
    if (sum !== file.crc32) throw cutOff(new Error('the checksum does not fit'));
  } catch (cause) {
    throw cause instanceof SourceError ? cause : cutOff(cause);
  } finally {
    zip.close();
  }
}
