/** The command line's way to the service: over HTTP to the one that runs, else to one started for this command alone. */
import type { Catalog } from '../../catalog/catalog.ts';
import { InputError, SyncError } from '../../catalog/errors.ts';
import { loadConfig } from '../config.ts';
import type { Service } from '../main.ts';

/** A refusal of the service, as problem+json tells it. */
export class ServiceError extends Error {
  readonly status: number;
  readonly code: string;
  readonly hint: string | undefined;
  constructor(status: number, problem: { code?: string; detail?: string; title?: string; hint?: string }) {
    super(problem.detail ?? problem.title ?? `the service answered ${status}`);
    this.name = 'ServiceError';
    this.status = status;
    this.code = problem.code ?? `http_${status}`;
    this.hint = problem.hint;
  }
}

export interface Client {
  url: string;
  get<T>(path: string): Promise<T>;
  send<T>(method: string, path: string, body?: unknown): Promise<T>;
  /** Streams a body that is not JSON. */
  upload<T>(path: string, body: ReadableStream<Uint8Array>, type: string): Promise<T>;
  /** A reply's text as it comes. */
  text(path: string): Promise<Response>;
}

export function createClient(url: string, token: string): Client {
  async function call(path: string, init: RequestInit & { duplex?: 'half' }): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set('authorization', `Bearer ${token}`);
    const response = await fetch(new URL(path, url), { ...init, headers });
    if (!response.ok) {
      const problem = (await response.json().catch(() => ({}))) as Record<string, string>;
      throw new ServiceError(response.status, problem);
    }
    return response;
  }
  return {
    url,
    async get<T>(path: string) {
      return (await (await call(path, {})).json()) as T;
    },
    async send<T>(method: string, path: string, body?: unknown) {
      const init =
        body === undefined
          ? {}
          : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
      const response = await call(path, { method, ...init });
      return (response.status === 204 ? undefined : await response.json()) as T;
    },
    async upload<T>(path: string, body: ReadableStream<Uint8Array>, type: string) {
      const response = await call(path, {
        method: 'POST',
        body,
        duplex: 'half',
        headers: { 'content-type': type },
      });
      return (await response.json()) as T;
    },
    text: (path) => call(path, {}),
  };
}

/** Runs `work` against the service of this configuration; starts one for the time of the work when none runs. */
export async function withClient<T>(work: (client: Client) => Promise<T>): Promise<T> {
  const config = loadConfig();
  const url = `http://${config.host}:${config.port}`;
  // where none runs the connection is refused at once; one that is busy must not get a second beside it
  const running = await fetch(new URL('/healthz', url), { signal: AbortSignal.timeout(10_000) })
    .then((response) => response.ok)
    .catch(() => false);
  if (running) return work(createClient(url, config.apiToken));
  let service: Service | undefined;
  // only now: most of the time that a command takes to start is the service's parts being read
  const { startService } = await import('../main.ts');
  try {
    service = await startService({ ...config, port: 0, logLevel: 'warn', roles: ['web', 'worker'] });
    return await work(createClient(service.url, config.apiToken));
  } finally {
    await service?.stop();
  }
}

/** The catalog asked for, or the only one there is. */
export async function findCatalogId(client: Client, asked: string | undefined): Promise<string> {
  if (asked) return asked;
  const { items } = await client.get<{ items: Catalog[] }>('/api/v1/catalogs');
  const [only] = items;
  if (items.length === 1 && only) return only.id;
  throw new InputError(
    'catalog_missing',
    items.length === 0 ? 'There is no catalog yet.' : 'There are several catalogs.',
    {
      hint:
        items.length === 0
          ? 'Make one: shelfcast catalogs create my-shop --url https://…'
          : `Choose one with --catalog: ${items.map((c) => c.id).join(', ')}`,
    },
  );
}

/** Exit codes: 0 done, 1 unexpected, 2 bad use, 3 the service refused, 4 held or items need a person. */
export function toExitCode(error: unknown): number {
  if (error instanceof ServiceError) return 3;
  return error instanceof SyncError ? 2 : 1;
}
