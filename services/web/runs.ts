/** Runs: what they did, live and afterwards, and the decision on held ones. */
import { setTimeout as sleep } from 'node:timers/promises';
import { pipeline } from 'node:stream/promises';
import { stringify } from 'csv-stringify';
import { z } from 'zod';
import { catalogIdSchema } from '../../catalog/catalog.ts';
import type { Issue } from '../../catalog/issue.ts';
import { holdReasons, isOpen } from '../../catalog/run.ts';
import { approveHolds, rejectHolds } from '../../jobs/decide-holds.ts';
import type { JobContext } from '../../jobs/job.ts';
import { resumeRun } from '../../jobs/schedule.ts';
import type { Api } from './endpoint.ts';

const runParams = z.object({ runId: z.string().max(120) });

export function addRunRoutes(api: Api, ctx: JobContext): void {
  const { runs } = ctx.stores;
  api.add({
    method: 'get',
    path: '/catalogs/{catalogId}/runs',
    summary: 'Runs of a catalog, the newest first',
    params: z.object({ catalogId: catalogIdSchema }),
    query: z.object({
      limit: z.coerce.number().int().min(1).max(100).default(20),
      before: z.coerce.date().optional().describe('`startedAt` of the last run of the page before'),
    }),
    run: async ({ params: { catalogId }, query: { limit, before } }) => ({
      items: await runs.list(catalogId, limit, before),
    }),
  });
  api.add({
    method: 'get',
    path: '/runs/{runId}',
    summary: 'One run with its phases and counts',
    params: runParams,
    run: async ({ params: { runId } }) => runs.find(runId),
  });
  api.add({
    method: 'get',
    path: '/runs/{runId}/events',
    summary: 'The run as it goes on: an event "run" with each change, until it ends',
    params: runParams,
    answers: 'text/event-stream',
    async run({ params: { runId } }, req, res) {
      let told = '';
      let run = await runs.find(runId);
      res.setHeader('content-type', 'text/event-stream').setHeader('cache-control', 'no-store');
      res.flushHeaders();
      const gone = new AbortController();
      req.on('close', () => gone.abort());
      while (!gone.signal.aborted) {
        const now = JSON.stringify(run);
        if (now !== told) res.write(`event: run\ndata: ${now}\n\n`);
        told = now;
        if (!isOpen(run)) break;
        await sleep(300, undefined, { signal: gone.signal }).catch(() => undefined);
        run = await runs.find(runId);
      }
      res.end();
    },
  });
  api.add({
    method: 'get',
    path: '/runs/{runId}/issues.csv',
    summary: 'The rows that went wrong, safe to open in a spreadsheet',
    params: runParams,
    answers: 'text/csv',
    async run({ params: { runId } }, _req, res) {
      await runs.find(runId);
      res.type('text/csv').attachment('issues.csv');
      const columns = ['line', 'severity', 'code', 'field', 'value', 'message', 'hint', 'row'];
      // a cell that begins like a formula gets an apostrophe, so that no spreadsheet runs it
      await pipeline(rows(), stringify({ header: true, columns, escape_formulas: true, bom: true }), res);
      async function* rows(): AsyncGenerator<Partial<Issue> & { row: string }> {
        for await (const { issue, record } of runs.eachIssue(runId)) yield { ...issue, row: record ?? '' };
      }
    },
  });
  const which = z
    .object({
      reason: z.enum(holdReasons).optional().describe('Only the holds of this reason'),
      channel: z.string().max(40).optional().describe('Only the holds of this channel'),
    })
    .default({});
  api.add({
    method: 'post',
    path: '/runs/{runId}/approve',
    summary: 'Let a held run do what it wanted to: all of it, or the holds of one reason and channel',
    params: runParams,
    body: which,
    run: async ({ params: { runId }, body }) => approveHolds(runId, body, ctx),
  });
  api.add({
    method: 'post',
    path: '/runs/{runId}/reject',
    summary: 'Keep everything as it is: for all holds of the run, or those of one reason and channel',
    params: runParams,
    body: which,
    run: async ({ params: { runId }, body }) => rejectHolds(runId, body, ctx),
  });
  api.add({
    method: 'post',
    path: '/runs/{runId}/stop',
    summary: 'End an open run within seconds; what it has done stays done, the rest is left to the next run',
    params: runParams,
    run: async ({ params: { runId } }) => runs.stop(runId, ctx.now()),
  });
  api.add({
    method: 'post',
    path: '/runs/{runId}/pause',
    summary: 'Halt an open run within seconds; it goes on where it was when resumed',
    params: runParams,
    run: async ({ params: { runId } }) => runs.pause(runId, ctx.now()),
  });
  api.add({
    method: 'post',
    path: '/runs/{runId}/resume',
    summary: 'Let a paused run go on',
    params: runParams,
    run: async ({ params: { runId } }) => resumeRun(runId, ctx),
  });
}
