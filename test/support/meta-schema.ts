/** Meta's own description of its objects and edges (beside the repository, not in it), and a check of calls and answers against it. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Http } from '../../catalog/context.ts';

interface Param {
  name: string;
  required: boolean;
  type: string;
}
interface Edge {
  method: string;
  /** Absent: the object itself. */
  endpoint?: string;
  return: string;
  params: Param[];
}
interface Node {
  apis: Edge[];
  fields: { name: string; type: string }[];
}

const folder = join(import.meta.dirname, '../../../shared/specs/official/meta-api-specs');
export const hasMetaSchema = existsSync(folder);

const nodes = new Map<string, Node | undefined>();
function readNode(name: string): Node | undefined {
  if (!nodes.has(name)) {
    const path = join(folder, `${name}.json`);
    nodes.set(name, existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Node) : undefined);
  }
  return nodes.get(name);
}
let words: ReadonlyMap<string, readonly string[]> | undefined;
function wordsOf(type: string): readonly string[] | undefined {
  if (words === undefined) {
    const types = JSON.parse(readFileSync(join(folder, 'enum_types.json'), 'utf8')) as { name: string; values: string[] }[]; // prettier-ignore
    words = new Map(types.map(({ name, values }) => [name, values]));
  }
  return words.get(type);
}

/** Every Graph call takes these: https://developers.facebook.com/docs/graph-api/results */
const everywhere = new Set(['fields', 'limit', 'after', 'before', 'access_token', 'appsecret_proof']);
/** Made for the call, no objects of the graph. */
const noNodes = new Set(['Object']);

const parsed = (value: unknown): unknown => {
  try {
    return typeof value === 'string' ? (JSON.parse(value) as unknown) : value;
  } catch {
    return undefined;
  }
};

function isOf(value: unknown, type: string): boolean {
  const allowed = wordsOf(type);
  if (allowed) return allowed.includes(String(value));
  if (type === 'bool') return typeof value === 'boolean' || value === 'true' || value === 'false';
  if (type === 'string') return typeof value === 'string';
  if (type.endsWith('int')) return /^\d+$/.test(String(value));
  if (type === 'map' || type === 'Object') return typeof parsed(value) === 'object';
  return type.startsWith('list<') ? Array.isArray(parsed(value)) : true;
}

/** "Field expansion" reads an edge as a field: https://developers.facebook.com/docs/graph-api/guides/field-expansion */
const isField = (node: string, name: string): boolean =>
  readNode(node)?.fields.some((field) => field.name === name) === true ||
  readNode(node)?.apis.some((edge) => edge.method === 'GET' && edge.endpoint === name) === true;

export interface MetaRecorder extends Http {
  /** One sentence for each way in which a call or an answer is not as Meta describes it. */
  faults: string[];
  /** `METHOD node/edge` of every call. */
  calls: Set<string>;
}

/** Passes every call on and checks it on the way; `catalogId` is the object that is known from the beginning. */
export function recordMeta(http: Http, catalogId: string): MetaRecorder {
  const known = new Map([[catalogId, 'ProductCatalog']]);
  const faults: string[] = [];
  const calls = new Set<string>();

  function checkCall(edge: Edge, name: string, params: Readonly<Record<string, unknown>>): void {
    for (const [key, value] of Object.entries(params)) {
      if (everywhere.has(key)) continue;
      const param = edge.params.find((one) => one.name === key);
      if (!param) faults.push(`${name}: there is no parameter ${key}`);
      else if (!isOf(value, param.type)) faults.push(`${name}: ${key} ${JSON.stringify(value)} is no ${param.type}`); // prettier-ignore
      if (key === 'schedule' || key === 'update_schedule') checkSchedule(name, parsed(value));
    }
    for (const { name: key, required } of edge.params)
      if (required && !(key in params)) faults.push(`${name}: ${key} is required`);
    const asked = typeof params['fields'] === 'string' ? params['fields'].split(',') : [];
    for (const field of asked)
      if (!isField(edge.return, field)) faults.push(`${name}: ${edge.return} has no field ${field}`); // prettier-ignore
  }

  function checkSchedule(name: string, schedule: unknown): void {
    const fields = readNode('ProductFeedSchedule')?.fields.map((field) => field.name) ?? [];
    for (const key of Object.keys((schedule as object | undefined) ?? {}))
      if (!fields.includes(key)) faults.push(`${name}: a schedule has no ${key}`);
    const { interval } = schedule as { interval?: string };
    if (!isOf(interval, 'ProductFeedSchedule_interval')) faults.push(`${name}: interval ${interval}`);
  }

  function checkAnswer(edge: Edge, name: string, answer: Record<string, unknown>): void {
    const entries = Array.isArray(answer['data']) ? (answer['data'] as Record<string, unknown>[]) : [answer];
    for (const entry of entries) {
      if ('id' in entry && !noNodes.has(edge.return)) known.set(String(entry['id']), edge.return);
      if (edge.method !== 'GET') continue;
      for (const key of Object.keys(entry))
        if (readNode(edge.return) && key !== 'id' && !isField(edge.return, key)) faults.push(`the answer of ${name}: ${edge.return} has no ${key}`); // prettier-ignore
    }
  }

  return {
    faults,
    calls,
    async fetch(url, init = {}) {
      const { pathname, searchParams } = new URL(url);
      // a sandbox is mounted below a folder
      const [, object = '', endpoint] = /\/v\d+\.\d+\/([^/]+)(?:\/([^/]+))?$/.exec(pathname) ?? [];
      const method = init.method ?? 'GET';
      const node = known.get(object) ?? 'unknown';
      const edge = readNode(node)?.apis.find((one) => one.method === method && one.endpoint === endpoint);
      const name = `${method} ${node}/${endpoint ?? ''}`;
      calls.add(name);
      const body = init.body instanceof URLSearchParams ? Object.fromEntries(init.body) : (parsed(init.body) as object | undefined); // prettier-ignore
      if (!edge) faults.push(`${name}: there is no such call`);
      else checkCall(edge, name, { ...Object.fromEntries(searchParams), ...body });
      const response = await http.fetch(url, init);
      if (edge && response.ok) checkAnswer(edge, name, (await response.clone().json()) as Record<string, unknown>); // prettier-ignore
      return response;
    },
  };
}
