/** One endpoint of the REST API: its schemas check the request, and make the page that documents it. */
import type { Request, RequestHandler, Response, Router } from 'express';
import { OpenAPIRegistry, OpenApiGeneratorV31 } from '@asteasolutions/zod-to-openapi';
import { ZodError, type z, type ZodObject, type ZodType } from 'zod';
import { SyncError } from '../../catalog/errors.ts';
import { mayCall, scopeOf, type Role, type Scope } from '../accounts/access.ts';
import type { AuditEnd, AuditStore } from '../accounts/audit.ts';
import { callerOf } from './auth.ts';
import { refuse } from './refuse.ts';

type Method = 'get' | 'post' | 'put' | 'delete';

export interface Endpoint<P extends ZodObject, Q extends ZodObject, B extends ZodType> {
  method: Method;
  /** In OpenAPI's form: `/catalogs/{catalogId}`. */
  path: string;
  summary: string;
  /** The least role that may call it. Default: viewer for what reads, merchandiser for what writes. */
  role?: Role;
  /** What a machine's token must be good for. Default: by the path, see services/accounts/access.ts. */
  scope?: Scope;
  /** Set to false for a POST that changes nothing (a preview): anybody who may read calls it, no audit entry. */
  writes?: false;
  params?: P;
  query?: Q;
  body?: B;
  /** Kind of a body that is streamed, not parsed. */
  streams?: string;
  /** Kind of the answer where it is not JSON. */
  answers?: string;
  /** Answers the JSON body, or undefined when it has answered itself (or 204 has nothing to say). */
  run(
    input: { params: z.infer<P>; query: z.infer<Q>; body: z.infer<B> },
    req: Request,
    res: Response,
  ): Promise<unknown>;
}

export interface Api {
  add<P extends ZodObject, Q extends ZodObject, B extends ZodType>(endpoint: Endpoint<P, Q, B>): void;
  document(url: string): unknown;
}

/** Tells the audit log what a write changed; without it the log has the request's body as `after`. */
export function noteChange(res: Response, change: { before?: unknown; after?: unknown }): void {
  res.locals['change'] = change;
}

export function createApi(router: Router, audit: AuditStore): Api {
  const registry = new OpenAPIRegistry();
  registry.registerComponent('securitySchemes', 'token', { type: 'http', scheme: 'bearer' });
  return {
    add(endpoint) {
      const { method, path, summary, params, query, body, streams, answers } = endpoint;
      const reads = method === 'get' || endpoint.writes === false;
      const role = endpoint.role ?? (reads ? 'viewer' : 'merchandiser');
      const demand = { role, scope: endpoint.scope ?? scopeOf(path, reads, role) };
      const content = streams
        ? { [streams]: { schema: { type: 'string' as const, format: 'binary' } } }
        : body && { 'application/json': { schema: body } };
      registry.registerPath({
        method,
        path: `/api/v1${path}`,
        summary,
        description: `For people from the role ${demand.role}; for tokens with the scope ${demand.scope}.`,
        security: [{ token: [] }],
        request: {
          ...(params ? { params } : {}),
          ...(query ? { query } : {}),
          ...(content ? { body: { content } } : {}),
        },
        responses: {
          200: { description: 'Done', content: { [answers ?? 'application/json']: {} } },
          default: {
            description: 'What is wrong, and what to do',
            content: { 'application/problem+json': {} },
          },
        },
      });
      const handler: RequestHandler = async (req, res) => {
        const caller = callerOf(res);
        if (!mayCall(caller, demand)) {
          const hint = caller.scopes
            ? `The token needs the scope "${demand.scope}".`
            : `Ask an owner; this is for the role ${demand.role}.`;
          return refuse(res, 403, 'not_allowed', 'You may not do that.', hint);
        }
        const input = {
          params: (params?.parse(req.params) ?? {}) as never,
          query: (query?.parse(req.query) ?? {}) as never,
          body: (streams ? undefined : body?.parse(req.body)) as never,
        };
        const work = () => endpoint.run(input, req, res);
        const answer = reads ? await work() : await audited(work, input, req, res);
        if (res.headersSent) return;
        if (answer === undefined) res.status(204).end();
        else res.json(answer);
      };
      async function audited(
        work: () => Promise<unknown>,
        input: { body: unknown },
        req: Request,
        res: Response,
      ): Promise<unknown> {
        const { kind, id, name } = callerOf(res);
        const target = Object.fromEntries(
          Object.entries(req.params).map(([key, value]) => [key, String(value)]),
        );
        const action = `${method.toUpperCase()} ${path}`;
        const entry = await audit.begin({ by: { kind, id, name }, action, summary, target }, new Date());
        try {
          const answer = await work();
          const change = (res.locals['change'] ?? { after: input.body }) as AuditEnd;
          await audit.end(entry, { outcome: 'done', ...change });
          return answer;
        } catch (error) {
          const code =
            error instanceof SyncError
              ? error.code
              : error instanceof ZodError
                ? 'request_invalid'
                : 'unexpected';
          await audit.end(entry, { outcome: 'refused', code, after: input.body });
          throw error;
        }
      }
      router[method](path.replaceAll(/\{(\w+)\}/g, ':$1'), handler);
    },
    document(url) {
      return new OpenApiGeneratorV31(registry.definitions).generateDocument({
        openapi: '3.1.0',
        info: { title: 'Shelfcast', version: '1', description: 'The REST API of Shelfcast.' },
        servers: [{ url }],
      });
    },
  };
}
