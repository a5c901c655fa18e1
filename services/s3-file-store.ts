/** Files in a bucket of S3-compatible storage, under the keys of the folder store. The storage makes each put atomic. */
import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import type { FileStat, FileStore } from '../catalog/context.ts';
import { ConfigError, NoAnswerError, SyncError } from '../catalog/errors.ts';
import type { S3Settings } from './config.ts';
import { checkKey, checkPrefix, isKey, unknownFile } from './file-keys.ts';
import { createTemporaryFolder } from './temporary-folder.ts';

const [SECOND, MB] = [1_000, 1024 * 1024];
/**
 * 10,000 parts of 5 MiB to 5 GiB are allowed, so that a file may have 78 GiB; two parts are in memory at a time, and one more is filled.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
 */
const [partSize, partsAtOnce] = [8 * MB, 2];
/** For one request until its answer begins; a part at 70 kB a second. */
const answerMs = 120 * SECOND;
/** Without a byte; longer than any reader of a feed that is slow but alive. */
const silenceMs = 300 * SECOND;

/** The bucket's own address is never told: `publicUrl` stays the web server's, so that the bucket may be private. */
export function createS3FileStore(
  settings: S3Settings,
  temporaryPath: string,
  publicBaseUrl: string,
): FileStore {
  const client = createClient(settings);
  const Bucket = settings.bucket;
  const base = publicBaseUrl.replace(/\/+$/, '');

  async function find(key: string): Promise<FileStat | undefined> {
    checkKey(key);
    try {
      const found = await client.send(new HeadObjectCommand({ Bucket, Key: key }));
      return toStat(key, found.ContentLength, found);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw explain(error, settings);
    }
  }
  /** What the storage says of the file once it is there: time and ETag are its own. */
  async function told(key: string): Promise<FileStat> {
    const found = await find(key);
    if (!found) throw unknownFile(key);
    return found;
  }
  /** In parts, whatever its size; one that breaks off takes its parts back and leaves the old file. */
  async function upload(key: string, content: Readable): Promise<FileStat> {
    let broken: Error | undefined;
    content.once('error', (error) => (broken = error));
    const params = { Bucket, Key: key, Body: content };
    try {
      await new Upload({ client, params, partSize, queueSize: partsAtOnce }).done();
    } catch (error) {
      content.destroy();
      throw broken ?? explain(error, settings);
    }
    return told(key);
  }

  return {
    find,
    temporaryFolder: createTemporaryFolder(temporaryPath),
    async put(key, content) {
      checkKey(key);
      if (content instanceof Readable) return upload(key, content);
      await client.send(new PutObjectCommand({ Bucket, Key: key, Body: content })).catch((error: unknown) => {
        throw explain(error, settings);
      });
      return told(key);
    },
    async putFile(key, localPath) {
      checkKey(key);
      const put = await upload(key, createReadStream(localPath));
      await rm(localPath);
      return put;
    },
    async open(key, range) {
      checkKey(key);
      const Range = range && `bytes=${range.start}-${range.end}`;
      try {
        const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: key, Range }));
        if (Body instanceof Readable) return Body;
      } catch (error) {
        throw isMissing(error) ? unknownFile(key) : explain(error, settings);
      }
      throw new NoAnswerError('file_store_no_answer', `The storage sent no content for "${key}".`);
    },
    async *list(prefix) {
      checkPrefix(prefix);
      let ContinuationToken: string | undefined;
      do {
        const page = await client
          .send(new ListObjectsV2Command({ Bucket, Prefix: prefix, ContinuationToken }))
          .catch((error: unknown) => {
            throw explain(error, settings);
          });
        for (const found of page.Contents ?? [])
          if (found.Key !== undefined && isKey(found.Key)) yield toStat(found.Key, found.Size, found);
        ContinuationToken = page.IsTruncated ? page.NextContinuationToken : undefined;
      } while (ContinuationToken !== undefined);
    },
    async remove(key) {
      checkKey(key);
      await client.send(new DeleteObjectCommand({ Bucket, Key: key })).catch((error: unknown) => {
        if (!isMissing(error)) throw explain(error, settings);
      });
    },
    publicUrl: (key) => `${base}/${key}`,
  };
}

/**
 * Checksums only where the protocol demands them: much S3-compatible storage does not know the newer ones.
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-dataintegrity.html
 */
function createClient({ endpoint, region, credentials }: S3Settings): S3Client {
  return new S3Client({
    region,
    ...(credentials && { credentials }),
    ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: 5 * SECOND,
      requestTimeout: answerMs,
      throwOnRequestTimeout: true,
      socketTimeout: silenceMs,
    },
  });
}

function toStat(
  key: string,
  size: number | undefined,
  { ETag, LastModified }: { ETag?: string | undefined; LastModified?: Date | undefined },
): FileStat {
  if (size === undefined || ETag === undefined || LastModified === undefined)
    throw new NoAnswerError('file_store_no_answer', `The storage told size, time or ETag of "${key}" not.`);
  return { key, size, modifiedAt: LastModified, etag: ETag.replace(/^W\/|"/g, '') };
}

/** A file that is not there. Asked for the head alone, the storage cannot say that the whole bucket is missing. */
const isMissing = (error: unknown): boolean =>
  error instanceof S3ServiceException && ['NoSuchKey', 'NotFound'].includes(error.name);

/** Refused as a whole, by the storage or for want of credentials: only a person can mend that. Else it is tried again. */
function explain(error: unknown, { bucket }: S3Settings): SyncError {
  if (error instanceof SyncError) return error;
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
  const isRefused = [301, 401, 403, 404].includes(status ?? 0) || name === 'CredentialsProviderError';
  return isRefused
    ? new ConfigError(
        'file_store_refused',
        `The storage refuses the bucket "${bucket}" (${name}: ${message}).`,
        {
          hint: 'Look at S3_BUCKET, S3_ENDPOINT, S3_REGION and the access key.',
          cause: error,
        },
      )
    : new NoAnswerError(
        'file_store_no_answer',
        `The storage of the bucket "${bucket}" failed (${name}: ${message}).`,
        {
          cause: error,
        },
      );
}
