/** The environment, parsed once. Defaults and units stand here; `.env.example` is tested against it. */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { ConfigError } from '../catalog/errors.ts';
import type { SourceApp } from '../catalog/source.ts';

const HOUR = 3_600_000;
const webAddress = z.url({ protocol: /^https?$/, error: 'use a whole http or https address' });

const list = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);
const roles = ['web', 'worker', 'schedule'] as const;
export type Role = (typeof roles)[number];

const leastSecret = 32;
/** Made once and kept in the data folder when not given. */
const secret = z.string().min(leastSecret, `use at least ${leastSecret} characters`).optional();

/** Digits only: `Number` alone would take '0x10', and a space for 0. */
const whole = (min: number, max: number, standard: number) =>
  z
    .string()
    .refine(
      (text) => /^\d{1,15}$/.test(text) && Number(text) >= min && Number(text) <= max,
      `use a whole number from ${min} to ${max}`,
    )
    .transform(Number)
    .default(standard);

const isTimeZone = (name: string): boolean => {
  try {
    Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
};
const cronLine = /^(?:[\d*/,a-z-]+\s+){4,5}[\d*/,a-z-]+$/i;

export const environmentSchema = z.object({
  MONGODB_URI: z.string().startsWith('mongodb', 'use a mongodb:// address').optional().describe('A MongoDB server; without it the embedded store serves.'),
  REDIS_URL: z.string().regex(/^rediss?:\/\//, 'use a redis:// or rediss:// address').optional().describe('A Redis server for the queue, so that several machines share the work; without it the queue lies in the database.'),
  REDIS_PREFIX: z.string().regex(/^[\w-]{1,40}$/, 'use 1 to 40 letters, digits, _ and -').default('shelfcast').describe('Before every key in Redis, so that several installations can share it.'),
  JOB_CONCURRENCY: whole(1, 64, 4).describe('Jobs that a worker has in hand at a time, beside one more for single fixes.'),
  JOB_LEASE_MS: whole(1_000, HOUR, 30_000).describe('Milliseconds after which the job of a worker without a sign of life goes to another.'),
  DATA_DIR: z.string().default('./data').describe('Folder of the embedded store, files, uploads and made secrets.'),
  S3_BUCKET: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'use 3 to 63 small letters, digits, . and -').optional().describe('A bucket of S3-compatible storage for prepared images and feeds; without it they lie in DATA_DIR.'),
  S3_ENDPOINT: webAddress.optional().describe('Address of the storage, with the bucket in the path; without it that of AWS.'),
  S3_REGION: z.string().min(1).default('us-east-1').describe('Region of the bucket, part of every signature.'),
  S3_ACCESS_KEY_ID: z.string().optional().describe('Access key of the storage; without it the credentials of the machine, as AWS tools find them.'),
  S3_SECRET_ACCESS_KEY: z.string().optional().describe('Secret of S3_ACCESS_KEY_ID.'),
  HOST: z.string().default('127.0.0.1').describe('Address to listen on; 0.0.0.0 opens it to the network.'),
  PORT: whole(0, 65_535, 3000).describe('Port to listen on; 0 takes a free one.'),
  PUBLIC_URL: webAddress.optional().describe('Address under which channels reach feeds and images.'),
  ROLES: z.string().default(roles.join(',')).transform(list).pipe(z.array(z.enum(roles, `use any of ${roles.join(', ')}`)).min(1, 'name at least one role')).describe('What this process does: web, worker, schedule.'),
  API_TOKEN: secret.describe('Token for the API and the command line; made in DATA_DIR/api-token when absent.'),
  ENCRYPTION_KEY: secret.describe('Key that seals credentials; made in DATA_DIR/encryption-key when absent.'),
  ALLOW_PRIVATE_HOSTS: z.string().default('').transform(list).describe('Hosts (or host:port) that may be private, for development.'),
  IMPORT_FOLDER: z.string().optional().describe('Folder from which imports may read images named without an address.'),
  CHANNEL_FOLDERS: z.string().default('').transform(list).describe('Folders with further channels, beside those that come with Shelfcast.'),
  IMAGE_CONCURRENCY: whole(1, 64, Math.min(64, availableParallelism())).describe('Images in work at a time.'),
  CHECK_EVERY_MS: whole(10, HOUR, 5_000).describe('Milliseconds between two questions for a verdict.'),
  SHOPIFY_APP_ID: z.string().optional().describe('Client id of the Shopify app that shops install; without it shops are connected by an access token.'),
  SHOPIFY_APP_SECRET: z.string().optional().describe('Client secret of the same app.'),
  FEED_VERSIONS: whole(1, 100, 5).describe('Versions kept of each published feed.'),
  UPLOADS_KEPT: whole(1, 100, 5).describe('Uploaded files kept of each catalog for a week, beside those that an open run needs.'),
  REFRESH_CRON: z.string().regex(cronLine, 'write it like "0 3 * * *": minute, hour, day, month, weekday').default('0 3 * * *').describe('When catalogs with a source of their own are read again.'),
  RUN_DAYS: whole(1, 3_650, 90).describe('Days after which ended runs are removed; the newest of a catalog stay.'),
  CRON_TIME_ZONE: z.string().refine(isTimeZone, 'use an IANA name such as Europe/Berlin').default('UTC').describe('Time zone of REFRESH_CRON (IANA name).'),
  OTEL_EXPORTER_OTLP_ENDPOINT: webAddress.optional().describe('Receiver of OpenTelemetry traces by OTLP over HTTP, such as http://127.0.0.1:4318; without it nothing is traced. Headers, where it wants any: OTEL_EXPORTER_OTLP_HEADERS.'),
  OTEL_SERVICE_NAME: z.string().min(1).max(100).default('shelfcast').describe('Name of the service in its traces.'),
  LOG_LEVEL: z.enum(['error', 'warn', 'info', 'debug']).default('info').describe('Least weight of a line that is written.'),
  LOG_FORMAT: z.enum(['json', 'pretty']).optional().describe('json for machines, pretty for terminals; found out when absent.'),
}).superRefine((env, { addIssue }) => {
  const miss = (name: string, message: string) => addIssue({ code: 'custom', path: [name], message });
  const [id, secretKey] = [env.S3_ACCESS_KEY_ID, env.S3_SECRET_ACCESS_KEY];
  if (id && !secretKey) miss('S3_SECRET_ACCESS_KEY', 'give it together with S3_ACCESS_KEY_ID');
  if (secretKey && !id) miss('S3_ACCESS_KEY_ID', 'give it together with S3_SECRET_ACCESS_KEY');
  if (!env.S3_BUCKET && (env.S3_ENDPOINT || id)) miss('S3_BUCKET', 'name the bucket too, or nothing is kept there');
}); // prettier-ignore

/** A bucket and the way to it. */
export interface S3Settings {
  bucket: string;
  region: string;
  /** Undefined: AWS itself. */
  endpoint: string | undefined;
  /** Undefined: found as AWS tools do (environment, profile, role of the machine). */
  credentials: { accessKeyId: string; secretAccessKey: string } | undefined;
}

export interface Config {
  mongodbUri: string | undefined;
  redisUrl: string | undefined;
  redisPrefix: string;
  jobConcurrency: number;
  jobLeaseMs: number;
  dataDir: string;
  /** Undefined: files lie in the data folder. */
  s3: S3Settings | undefined;
  host: string;
  port: number;
  publicUrl: string | undefined;
  roles: readonly Role[];
  apiToken: string;
  encryptionKey: string;
  allowPrivateHosts: readonly string[];
  importFolder: string | undefined;
  channelFolders: readonly string[];
  imageConcurrency: number;
  checkEveryMs: number;
  /** By source: our app at the shop system. */
  sourceApps: Readonly<Record<string, SourceApp>>;
  feedVersions: number;
  uploadsKept: number;
  refreshCron: string;
  cronTimeZone: string;
  runDays: number;
  /** Undefined: nothing is traced. */
  otlpEndpoint: string | undefined;
  otlpServiceName: string;
  logLevel: 'error' | 'warn' | 'info' | 'debug';
  logFormat: 'json' | 'pretty';
}

/** Reads `.env` beside the process into the environment; variables that are set already win. */
export function loadDotEnv(): void {
  try {
    process.loadEnvFile();
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
}

/** Throws ConfigError with one sentence per bad variable. Empty variables count as absent. */
export function loadConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = environmentSchema.safeParse(given);
  if (!parsed.success)
    throw new ConfigError(
      'config_invalid',
      parsed.error.issues
        .map(
          (issue) => `${issue.path.join('.')}: ${issue.message} (found "${hideSecret(issue.path, given)}").`,
        )
        .join('\n'),
      { hint: 'See .env.example for every variable.' },
    );
  const env = parsed.data;
  return {
    mongodbUri: env.MONGODB_URI,
    redisUrl: env.REDIS_URL,
    redisPrefix: env.REDIS_PREFIX,
    jobConcurrency: env.JOB_CONCURRENCY,
    jobLeaseMs: env.JOB_LEASE_MS,
    dataDir: env.DATA_DIR,
    s3: toS3Settings(env),
    host: env.HOST,
    port: env.PORT,
    publicUrl: env.PUBLIC_URL?.replace(/\/+$/, ''),
    roles: env.ROLES,
    apiToken: env.API_TOKEN ?? keepSecret(env.DATA_DIR, 'api-token'),
    encryptionKey: env.ENCRYPTION_KEY ?? keepSecret(env.DATA_DIR, 'encryption-key'),
    allowPrivateHosts: env.ALLOW_PRIVATE_HOSTS,
    importFolder: env.IMPORT_FOLDER,
    channelFolders: env.CHANNEL_FOLDERS,
    imageConcurrency: env.IMAGE_CONCURRENCY,
    checkEveryMs: env.CHECK_EVERY_MS,
    sourceApps:
      env.SHOPIFY_APP_ID && env.SHOPIFY_APP_SECRET
        ? { shopify: { id: env.SHOPIFY_APP_ID, secret: env.SHOPIFY_APP_SECRET } }
        : {},
    feedVersions: env.FEED_VERSIONS,
    uploadsKept: env.UPLOADS_KEPT,
    refreshCron: env.REFRESH_CRON,
    cronTimeZone: env.CRON_TIME_ZONE,
    runDays: env.RUN_DAYS,
    otlpEndpoint: env.OTEL_EXPORTER_OTLP_ENDPOINT,
    otlpServiceName: env.OTEL_SERVICE_NAME,
    logLevel: env.LOG_LEVEL,
    logFormat: env.LOG_FORMAT ?? (isForPeople(given) ? 'pretty' : 'json'),
  };
}

function toS3Settings(env: z.infer<typeof environmentSchema>): S3Settings | undefined {
  const { S3_BUCKET: bucket, S3_ACCESS_KEY_ID: accessKeyId, S3_SECRET_ACCESS_KEY: secretAccessKey } = env;
  if (bucket === undefined) return undefined;
  const credentials = accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey } : undefined;
  return { bucket, region: env.S3_REGION, endpoint: env.S3_ENDPOINT, credentials };
}

const isForPeople = (given: Record<string, string | undefined>): boolean =>
  process.stderr.isTTY && given['NODE_ENV'] !== 'production';

function hideSecret(path: readonly PropertyKey[], given: Record<string, string | undefined>): string {
  const name = String(path[0]);
  if (given[name] === undefined) return 'nothing';
  return /TOKEN|KEY|SECRET|URI|REDIS_URL/.test(name) ? '…' : given[name];
}

/**
 * Made once, readable by this user only. It comes into being whole, by a link: of two processes that start together
 * neither reads a half-written secret, and no power-off leaves an empty one, which anyone could guess.
 */
function keepSecret(folder: string, name: string): string {
  const path = join(folder, name);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return readSecret(path) ?? makeSecret(path);
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError('data_folder_unusable', `DATA_DIR: ${name} cannot be kept there (${reason}).`, {
      hint: 'Give the service a folder that it may write to.',
      cause,
    });
  }
}

const hasCode = (error: unknown, code: string): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === code;

function readSecret(path: string): string | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8').trim();
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
  if (text.length < leastSecret)
    throw new ConfigError('secret_unusable', `${path} holds fewer than ${leastSecret} characters.`, {
      hint: 'Put the right secret there; or remove the file, and a new one is made.',
    });
  return text;
}

function makeSecret(path: string): string {
  const half = `${path}.${randomBytes(6).toString('hex')}`;
  const file = openSync(half, 'wx', 0o600);
  try {
    writeSync(file, `${randomBytes(32).toString('base64url')}\n`);
    fsyncSync(file);
    linkSync(half, path);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  } finally {
    closeSync(file);
    rmSync(half, { force: true });
  }
  return readFileSync(path, 'utf8').trim();
}
