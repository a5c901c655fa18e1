/** One endpoint of the REST API: its schemas check the request, and make the page that documents it. */
import type { Request, RequestHandler, Response, Router } from 'express';
import { OpenAPIRegistry, OpenApiGeneratorV31 } from '@asteasolutions/zod-to-openapi';
import type { z, ZodObject, ZodType } from 'zod';

type Method = 'get' | 'post' | 'put' | 'delete';

export interface Endpoint<P extends ZodObject, Q extends ZodObject, B extends ZodType> {
  method: Method;
  /** In OpenAPI's form: `/catalogs/{catalogId}`. */
  path: string;
  summary: string;
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

export function createApi(router: Router): Api {
  const registry = new OpenAPIRegistry();
  registry.registerComponent('securitySchemes', 'token', { type: 'http', scheme: 'bearer' });
  return {
    add(endpoint) {
      const { method, path, summary, params, query, body, streams, answers } = endpoint;
      const content = streams
        ? { [streams]: { schema: { type: 'string' as const, format: 'binary' } } }
        : body && { 'application/json': { schema: body } };
      registry.registerPath({
        method,
        path: `/api/v1${path}`,
        summary,
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
        const input = {
          params: (params?.parse(req.params) ?? {}) as never,
          query: (query?.parse(req.query) ?? {}) as never,
          body: (streams ? undefined : body?.parse(req.body)) as never,
        };
        const answer = await endpoint.run(input, req, res);
        if (res.headersSent) return;
        if (answer === undefined) res.status(204).end();
        else res.json(answer);
      };
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
