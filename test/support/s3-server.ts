/**
 * A storage in memory that speaks as much of S3's protocol as a file store needs, with its rules:
 * signed requests, parts of 5 MiB and more, lists in pages. https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
 */
import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { findFault, type Key } from './s3-signature.ts';

const leastPart = 5 * 1024 * 1024;

interface Stored {
  content: Buffer;
  etag: string;
  modifiedAt: Date;
}
interface Request {
  method: string;
  key: string;
  query: URLSearchParams;
  headers: IncomingMessage['headers'];
  body: Buffer;
}
interface Answer {
  status: number;
  headers?: Record<string, string>;
  body?: Buffer | string;
}
type Parts = Map<number, Stored>;

export interface S3Server {
  endpoint: string;
  /** Multipart uploads that were neither completed nor aborted. */
  openUploads(): string[];
  /** What it was asked, such as `PUT feeds/a.csv?partNumber=1`. */
  asked: string[];
  /** The next requests are answered with this status. */
  fail(status: number, times: number): void;
  stop(): Promise<void>;
}

export async function startS3Server(bucket: string, access: Key, pageSize = 1_000): Promise<S3Server> {
  const objects = new Map<string, Stored>();
  const uploads = new Map<string, Parts>();
  const asked: string[] = [];
  let failing = { status: 500, times: 0 };

  async function answer(req: IncomingMessage): Promise<Answer> {
    const body = await buffer(req);
    const url = new URL(req.url ?? '/', 'http://storage');
    const [, name, ...rest] = decodeURIComponent(url.pathname).split('/');
    const [method, key, query] = [req.method ?? '', rest.join('/'), url.searchParams];
    asked.push(`${method} ${key}${query.has('partNumber') ? `?partNumber=${query.get('partNumber')}` : ''}`);
    if (failing.times-- > 0) return fault(failing.status, 'InternalError');
    const wrong = findFault(req, url, body, access);
    if (wrong) return fault(403, wrong);
    if (name !== bucket) return fault(404, 'NoSuchBucket');
    const request = { method, key, query, headers: req.headers, body };
    if (query.has('uploads') || query.has('uploadId')) return answerUpload(request, objects, uploads);
    return key === '' ? list(query, objects, pageSize) : answerObject(request, objects);
  }

  const server = createServer((req, res) => {
    answer(req).then(
      (found) => send(req, res, found),
      () => res.destroy(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    openUploads: () => [...uploads.keys()],
    asked,
    fail: (status, times) => (failing = { status, times }),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function send(req: IncomingMessage, res: ServerResponse, { status, headers, body = '' }: Answer): void {
  res.writeHead(status, { 'content-length': Buffer.byteLength(body), ...headers });
  res.end(req.method === 'HEAD' ? undefined : body);
}

const fault = (status: number, code: string): Answer => ({
  status,
  headers: { 'content-type': 'application/xml' },
  body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code} it is</Message></Error>`,
});

const store = (content: Buffer): Stored => ({
  content,
  etag: `"${createHash('md5').update(content).digest('hex')}"`,
  // the protocol knows whole seconds only
  modifiedAt: new Date(Math.floor(Date.now() / 1_000) * 1_000),
});

function answerObject({ method, key, headers, body }: Request, objects: Map<string, Stored>): Answer {
  if (method === 'PUT') {
    if (headers['content-encoding']?.includes('aws-chunked')) return fault(501, 'NotImplemented');
    objects.set(key, store(body));
    return { status: 200, headers: { etag: objects.get(key)?.etag ?? '' } };
  }
  if (method === 'DELETE') {
    objects.delete(key);
    return { status: 204 };
  }
  const found = objects.get(key);
  if (!found) return fault(404, 'NoSuchKey');
  const told = { etag: found.etag, 'last-modified': found.modifiedAt.toUTCString() };
  const [, start, end] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '') ?? [];
  if (start === undefined) return { status: 200, headers: told, body: found.content };
  if (Number(start) >= found.content.length) return fault(416, 'InvalidRange');
  return { status: 206, headers: told, body: found.content.subarray(Number(start), Number(end) + 1) };
}

function answerUpload(
  { method, key, query, body }: Request,
  objects: Map<string, Stored>,
  uploads: Map<string, Parts>,
): Answer {
  if (query.has('uploads')) {
    const id = randomUUID();
    uploads.set(id, new Map());
    return xml('InitiateMultipartUploadResult', `<Key>${key}</Key><UploadId>${id}</UploadId>`);
  }
  const id = query.get('uploadId') ?? '';
  const parts = uploads.get(id);
  if (!parts) return fault(404, 'NoSuchUpload');
  if (method === 'DELETE') {
    uploads.delete(id);
    return { status: 204 };
  }
  if (method === 'PUT') {
    const part = store(body);
    parts.set(Number(query.get('partNumber')), part);
    return { status: 200, headers: { etag: part.etag } };
  }
  const named = readPartList(String(body)).map(({ number, etag }) => {
    const part = parts.get(number);
    return part?.etag === etag ? part.content : undefined;
  });
  const contents = named.filter((part) => part !== undefined);
  if (contents.length === 0 || contents.length < named.length) return fault(400, 'InvalidPart');
  if (contents.slice(0, -1).some((part) => part.length < leastPart)) return fault(400, 'EntityTooSmall');
  const whole = { ...store(Buffer.concat(contents)), etag: `"${id.replaceAll('-', '')}-${contents.length}"` };
  objects.set(key, whole);
  uploads.delete(id);
  return xml('CompleteMultipartUploadResult', `<Key>${key}</Key><ETag>${whole.etag}</ETag>`);
}

function readPartList(text: string): { number: number; etag: string }[] {
  return [...text.matchAll(/<Part>(.*?)<\/Part>/gs)].map(([, part = '']) => ({
    number: Number(/<PartNumber>(\d+)</.exec(part)?.[1]),
    etag: (/<ETag>(.*?)</.exec(part)?.[1] ?? '').replaceAll('&quot;', '"'),
  }));
}

function list(query: URLSearchParams, objects: Map<string, Stored>, pageSize: number): Answer {
  if (query.get('list-type') !== '2') return fault(501, 'NotImplemented');
  const after = query.get('continuation-token') ?? '';
  const keys = [...objects.keys()]
    .filter((key) => key.startsWith(query.get('prefix') ?? '') && key > after)
    .sort();
  const page = keys.slice(0, pageSize);
  const isTruncated = keys.length > page.length;
  const rows = page.map((key) => {
    const { content, etag, modifiedAt } = objects.get(key) ?? store(Buffer.of());
    return `<Contents><Key>${key}</Key><Size>${content.length}</Size><ETag>${etag.replaceAll('"', '&quot;')}</ETag><LastModified>${modifiedAt.toISOString()}</LastModified></Contents>`;
  });
  const next = isTruncated ? `<NextContinuationToken>${page.at(-1)}</NextContinuationToken>` : '';
  return xml('ListBucketResult', `<IsTruncated>${isTruncated}</IsTruncated>${next}${rows.join('')}`);
}

const xml = (name: string, inside: string): Answer => ({
  status: 200,
  headers: { 'content-type': 'application/xml' },
  body: `<?xml version="1.0" encoding="UTF-8"?><${name} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${inside}</${name}>`,
});
