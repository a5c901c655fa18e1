/** The environment, parsed once. Defaults and units stand here; `.env.example` is tested against it. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { ConfigError } from '../catalog/errors.ts';

const list = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);
const roles = ['web', 'worker', 'schedule'] as const;
export type Role = (typeof roles)[number];

/** A secret of at least 32 characters; made once and kept in the data folder when not given. */
const secret = z.string().min(32, 'use at least 32 characters').optional();

export const environmentSchema = z.object({
  MONGODB_URI: z.string().startsWith('mongodb', 'use a mongodb:// address').optional().describe('A MongoDB server; without it the embedded store serves.'),
  DATA_DIR: z.string().default('./data').describe('Folder of the embedded store, files, uploads and made secrets.'),
  HOST: z.string().default('127.0.0.1').describe('Address to listen on; 0.0.0.0 opens it to the network.'),
  PORT: z.coerce.number().int().min(0).max(65_535).default(3000).describe('Port to listen on; 0 takes a free one.'),
  PUBLIC_URL: z.url({ protocol: /^https?$/ }).optional().describe('Address under which channels reach feeds and images.'),
  ROLES: z.string().default(roles.join(',')).transform(list).pipe(z.array(z.enum(roles)).min(1)).describe('What this process does: web, worker, schedule.'),
  API_TOKEN: secret.describe('Token for the API and the first page; made in DATA_DIR/api-token when absent.'),
  ENCRYPTION_KEY: secret.describe('Key that seals credentials; made in DATA_DIR/encryption-key when absent.'),
  ALLOW_PRIVATE_HOSTS: z.string().default('').transform(list).describe('Hosts (or host:port) that may be private, for development.'),
  IMPORT_FOLDER: z.string().optional().describe('Folder from which imports may read images named without an address.'),
  IMAGE_CONCURRENCY: z.coerce.number().int().min(1).max(64).default(availableParallelism()).describe('Images in work at a time.'),
  CHECK_EVERY_MS: z.coerce.number().int().min(10).default(5_000).describe('Milliseconds between two questions for a verdict.'),
  FEED_VERSIONS: z.coerce.number().int().min(1).max(100).default(5).describe('Versions kept of each published feed.'),
  REFRESH_CRON: z.string().default('0 3 * * *').describe('When catalogs with a source of their own are read again.'),
  CRON_TIME_ZONE: z.string().default('UTC').describe('Time zone of REFRESH_CRON (IANA name).'),
  LOG_LEVEL: z.enum(['error', 'warn', 'info', 'debug']).default('info').describe('Least weight of a line that is written.'),
  LOG_FORMAT: z.enum(['json', 'pretty']).optional().describe('json for machines, pretty for terminals; found out when absent.'),
}); // prettier-ignore

export interface Config {
  mongodbUri: string | undefined;
  dataDir: string;
  host: string;
  port: number;
  publicUrl: string | undefined;
  roles: readonly Role[];
  apiToken: string;
  encryptionKey: string;
  allowPrivateHosts: readonly string[];
  importFolder: string | undefined;
  imageConcurrency: number;
  checkEveryMs: number;
  feedVersions: number;
  refreshCron: string;
  cronTimeZone: string;
  logLevel: 'error' | 'warn' | 'info' | 'debug';
  logFormat: 'json' | 'pretty';
}

/** Reads `.env` beside the process into the environment; variables that are set already win. */
export function loadDotEnv(): void {
  try {
    process.loadEnvFile();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
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
    dataDir: env.DATA_DIR,
    host: env.HOST,
    port: env.PORT,
    publicUrl: env.PUBLIC_URL?.replace(/\/+$/, ''),
    roles: env.ROLES,
    apiToken: env.API_TOKEN ?? keepSecret(env.DATA_DIR, 'api-token'),
    encryptionKey: env.ENCRYPTION_KEY ?? keepSecret(env.DATA_DIR, 'encryption-key'),
    allowPrivateHosts: env.ALLOW_PRIVATE_HOSTS,
    importFolder: env.IMPORT_FOLDER,
    imageConcurrency: env.IMAGE_CONCURRENCY,
    checkEveryMs: env.CHECK_EVERY_MS,
    feedVersions: env.FEED_VERSIONS,
    refreshCron: env.REFRESH_CRON,
    cronTimeZone: env.CRON_TIME_ZONE,
    logLevel: env.LOG_LEVEL,
    logFormat: env.LOG_FORMAT ?? (process.stderr.isTTY ? 'pretty' : 'json'),
  };
}

function hideSecret(path: readonly PropertyKey[], given: Record<string, string | undefined>): string {
  const name = String(path[0]);
  return /TOKEN|KEY|URI/.test(name) ? '…' : (given[name] ?? 'nothing');
}

/** Made once, readable by this user only; two processes that start together end with the same one. */
function keepSecret(folder: string, name: string): string {
  const path = join(folder, name);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  try {
    writeFileSync(path, `${randomBytes(32).toString('base64url')}\n`, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return readFileSync(path, 'utf8').trim();
}
