/** Calls to the Graph API with the catalog's token, and what they tell of the hour's limit. */
import { createHmac } from 'node:crypto';
import type { Http, HttpInit } from '../../../catalog/context.ts';
import { readAnswer, readUsage } from './answers.ts';
import type { MetaOptions } from './index.ts';

export interface Graph {
  /** `object`: an id of Meta's; the catalog's own when absent. Answers the JSON, throws the error that fits. */
  ask(path: string, query?: Record<string, string>, init?: HttpInit, object?: string): Promise<unknown>;
  /** Writes with a form, as the single-object edges want it. */
  post(path: string, form: Record<string, string>, object?: string): Promise<unknown>;
  /** Milliseconds until Meta lets us in again, known from the last answers' usage; 0: now. */
  waitMs(): number;
}

export function createGraph(options: MetaOptions, http: Http, now: () => number): Graph {
  const root = `${options.baseUrl.replace(/\/+$/, '')}/${options.apiVersion}`;
  const proof = options.appSecret && createHmac('sha256', options.appSecret).update(options.accessToken).digest('hex'); // prettier-ignore
  let sendAgainAt = 0;

  const graph: Graph = {
    waitMs: () => Math.max(0, sendAgainAt - now()),
    async ask(path, query = {}, init = {}, object = options.catalogId) {
      const parameters = new URLSearchParams(
        proof === undefined ? query : { ...query, appsecret_proof: proof },
      );
      const address = `${root}/${object}${path}${parameters.size > 0 ? `?${parameters.toString()}` : ''}`;
      // In the header: an address ends up in logs, a header does not.
      const headers = { authorization: `Bearer ${options.accessToken}`, ...init.headers };
      const response = await http.fetch(address, { ...init, headers });
      const usage = readUsage(response.headers);
      if (usage.pauseMs > 0) sendAgainAt = now() + usage.pauseMs;
      return readAnswer(response, now());
    },
    post: (path, form, object) =>
      graph.ask(path, {}, { method: 'POST', body: new URLSearchParams(form) }, object),
  };
  return graph;
}
