/**
 * What the core may ask of the outside world. Types only: `services/` makes the real ones,
 * a test passes a plain object.
 */
import type { Readable } from 'node:stream';

/** A logger; `fields` become JSON keys in production. `child` binds fields to every line (run id, catalog). */
export interface Log {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
  child(fields: Record<string, unknown>): Log;
}

/** One outgoing request; everything has a default. */
export interface HttpInit {
  method?: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array | FormData | URLSearchParams;
  /** Milliseconds for the whole exchange, body included. Default 30,000. */
  timeoutMs?: number;
  /** How often a dropped connection, 429 or 5xx is tried again within seconds. Default 2; 0 for none. */
  retries?: number;
  signal?: AbortSignal;
}

/**
 * Outgoing HTTP with timeout, short retries and the guard against private addresses
 * (checked after DNS and after every redirect). Answers any status as a web-standard `Response`;
 * throws `NoAnswerError` when there was no answer and `SourceError` for a refused address.
 */
export interface Http {
  fetch(url: string, init?: HttpInit): Promise<Response>;
}

/** A stored file as `stat` and `open` tell of it. `etag` is unquoted. Sizes in bytes. */
export interface FileStat {
  key: string;
  size: number;
  modifiedAt: Date;
  etag: string;
}

/**
 * Keeps files under keys like `images/ab/abcdef.jpg` (slash-separated, no `..`).
 * `put` is atomic: a reader sees the old file, or the whole new one, never a half.
 */
export interface FileStore {
  put(key: string, content: Uint8Array | Readable): Promise<FileStat>;
  /** Moves a finished local file (same or another disk) to `key`, atomically. The local file is gone afterwards. */
  putFile(key: string, localPath: string): Promise<FileStat>;
  /** Bytes `start`..`end` (both inclusive) or all; throws `NotFoundError` for an unknown key. */
  open(key: string, range?: { start: number; end: number }): Promise<Readable>;
  find(key: string): Promise<FileStat | undefined>;
  /** All keys that begin with `prefix`, in order. */
  list(prefix: string): AsyncIterable<FileStat>;
  /** No error when the key is unknown. */
  remove(key: string): Promise<void>;
  /** The address under which the web server (or bucket) serves this key. */
  publicUrl(key: string): string;
  /** A folder on this machine's disk for half-made files; may be emptied at any start. */
  temporaryFolder(): Promise<string>;
}

/** Spans of a trace, where somebody has asked for traces. */
export interface Tracing {
  /** Does a job's work inside a span of this name, under that of the run, where it has one. */
  span<T>(
    name: string,
    attributes: Record<string, string>,
    runId: string | undefined,
    work: () => Promise<T>,
  ): Promise<T>;
}

/** The outside, as the core sees it; passed last to every function that reaches out. */
export interface Context {
  log: Log;
  http: Http;
  /**
   * The IP address of a host for connections other than HTTP, guarded like `http`. Throws `SourceError` for a private one.
   * Absent: there are none.
   */
  resolveHost?(host: string, port: number): Promise<string>;
  files: FileStore;
  now(): Date;
  /** Absent: nobody wants traces. */
  tracing?: Tracing;
  /** Aborted when the service stops or a person stops the run: finish the unit in hand, commit, return. */
  signal?: AbortSignal;
}
