/** Calls of the REST API, and what TanStack Query needs to keep their answers. */
import { QueryClient, queryOptions } from '@tanstack/react-query';
import { sayInstead } from '../messages/text.ts';

/** What the service refused, in its own words (problem+json). */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly hint: string | undefined;
  readonly requestId: string | undefined;
  /** What is wrong with each field of a form, by its path. */
  readonly fields: Record<string, string>;
  constructor(status: number, body: ProblemBody, requestId: string | null) {
    super(sayInstead(`refusal.${body.code}`, body.detail ?? body.title ?? `HTTP ${status}`));
    this.name = 'Problem';
    this.status = status;
    this.code = body.code ?? `http_${status}`;
    this.hint = body.hint;
    this.requestId = requestId ?? undefined;
    this.fields = Object.fromEntries((body.fields ?? []).map(({ path, message }) => [path, message]));
  }
}
interface ProblemBody {
  title?: string;
  detail?: string;
  code?: string;
  hint?: string;
  fields?: { path: string; message: string }[];
}

/** Other sites cannot send this header with our cookie. */
const own = { 'x-requested-with': 'shelfcast' };

async function read<T>(response: Response): Promise<T> {
  if (!response.ok) {
    const body = (await response.json().catch(() => ({}))) as ProblemBody;
    throw new Problem(response.status, body, response.headers.get('x-request-id'));
  }
  return (response.status === 204 ? undefined : await response.json()) as T;
}

/** `call('PUT', '/catalogs/a', { … })`; paths are below /api/v1. Throws Problem. */
export async function call<T = void>(method: string, path: string, body?: unknown): Promise<T> {
  return read<T>(
    await fetch(path.startsWith('/session') ? path : `/api/v1${path}`, {
      method,
      headers: body === undefined ? own : { ...own, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }),
  );
}

/** Sends a file as the body; `onProgress` hears the share (0..1) that is out. */
export function upload<T>(path: string, file: Blob, onProgress: (share: number) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', `/api/v1${path}`);
    request.setRequestHeader('x-requested-with', 'shelfcast');
    request.setRequestHeader('content-type', 'text/csv');
    request.upload.onprogress = ({ loaded, total }) => onProgress(total > 0 ? loaded / total : 0);
    request.onerror = () => reject(new Problem(0, { code: 'no_answer' }, null));
    request.onload = () => {
      const { status } = request;
      const headers = { 'x-request-id': request.getResponseHeader('x-request-id') ?? '' };
      read<T>(new Response(request.responseText || null, { status, headers })).then(resolve, reject);
    };
    request.send(file);
  });
}

/** `/catalogs/a/runs?limit=5` → `['catalogs', 'a', 'runs', '?limit=5']`, so that a path invalidates what is below it. */
export function keyOf(path: string): string[] {
  const [way = '', query] = path.split('?');
  return [...way.split('/').filter(Boolean), ...(query ? [`?${query}`] : [])];
}

/** What `useQuery` and `prefetchQuery` take: `useQuery(look<Wire<Run>>('/runs/x'))`. */
export const look = <T>(path: string) =>
  queryOptions({ queryKey: keyOf(path), queryFn: () => call<T>('GET', path) });

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      // a refusal will be one again
      retry: (count, error) =>
        !(error instanceof Problem && error.status > 0 && error.status < 500) && count < 2,
    },
  },
});

/** Asks again for everything at and below these paths that is on the page. */
export async function refresh(...paths: string[]): Promise<void> {
  await Promise.all(paths.map((path) => queryClient.invalidateQueries({ queryKey: keyOf(path) })));
}
