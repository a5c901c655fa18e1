/**
 * OpenTelemetry traces of the walk, sent by OTLP over HTTP where OTEL_EXPORTER_OTLP_ENDPOINT names a receiver: a span per run,
 * under it one per job, and under that one per request to a channel. https://opentelemetry.io/docs/specs/otlp/#otlphttp
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { hash } from 'node:crypto';
import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Context as Parent,
  type Span,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, RandomIdGenerator, TracerProvider } from '@opentelemetry/sdk-trace';
import type { Http, Tracing } from '../catalog/context.ts';
import type { Run } from '../catalog/run.ts';

export interface OpenTracing extends Tracing {
  /** The span of a run that has ended, over all processes and interruptions. */
  run(run: Run): void;
  /** Requests of this channel become spans. */
  http(http: Http, channel: string): Http;
  /** Sends what is left. */
  stop(): Promise<void>;
}

/** The same ids in every process, so that the jobs of one run meet in one trace wherever they are done. */
const idsOf = (runId: string): { traceId: string; spanId: string } => {
  const digest = hash('sha256', runId);
  return { traceId: digest.slice(0, 32), spanId: digest.slice(32, 48) };
};

export function startTracing(endpoint: string, serviceName: string): OpenTracing {
  const random = new RandomIdGenerator();
  /** Of the span that is begun right now, where it may not be drawn by lot. */
  let fixed: { traceId: string; spanId: string } | undefined;
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': serviceName }),
    idGenerator: {
      generateTraceId: () => fixed?.traceId ?? random.generateTraceId(),
      generateSpanId: () => fixed?.spanId ?? random.generateSpanId(),
    },
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, '')}/v1/traces` }),
      }),
    ],
  });
  const tracer = provider.getTracer('shelfcast');
  const within = new AsyncLocalStorage<Parent>();

  /** A job belongs to its run, or stands alone: the queue begins it from within whatever had added it. */
  const ofRun = (runId: string | undefined): Parent =>
    runId === undefined
      ? ROOT_CONTEXT
      : trace.setSpanContext(ROOT_CONTEXT, {
          ...idsOf(runId),
          traceFlags: TraceFlags.SAMPLED,
          isRemote: true,
        });

  async function follow<T>(span: Span, parent: Parent, work: () => Promise<T>): Promise<T> {
    try {
      return await within.run(trace.setSpan(parent, span), work);
    } catch (error) {
      // an answer of the other side may hold what is nobody's business: the code has to do
      const code = (error as { code?: unknown }).code;
      span.setStatus({ code: SpanStatusCode.ERROR, message: typeof code === 'string' ? code : 'unexpected' });
      throw error;
    } finally {
      span.end();
    }
  }

  return {
    span(name, attributes, runId, work) {
      const parent = ofRun(runId);
      return follow(tracer.startSpan(name, { attributes }, parent), parent, work);
    },
    run({ id, catalogId, kind, status, startedBy, startedAt, endedAt, phases, error }) {
      fixed = idsOf(id);
      try {
        const attributes = { 'shelfcast.run': id, 'shelfcast.catalog': catalogId, 'shelfcast.status': status, 'shelfcast.started_by': startedBy };
        const span = tracer.startSpan(`run ${kind}`, { attributes, startTime: startedAt, root: true }, ROOT_CONTEXT);
        for (const phase of phases)
          span.addEvent(phase.name, { in: phase.in, done: phase.done, skipped: phase.skipped, blocked: phase.blocked, failed: phase.failed }, phase.startedAt);
        if (status === 'failed') span.setStatus({ code: SpanStatusCode.ERROR, message: error?.code ?? 'failed' });
        span.end(endedAt);
      } finally {
        fixed = undefined;
      }
    },
    http: (http, channel) => ({
      fetch(url, init = {}) {
        const { host, pathname } = new URL(url);
        const method = init.method ?? 'GET';
        // only the path's last word: addresses hold the shop's ids, queries may hold a token
        const attributes = { 'shelfcast.channel': channel, 'server.address': host, 'http.request.method': method };
        const parent = within.getStore() ?? ROOT_CONTEXT;
        const span = tracer.startSpan(`${channel} ${method} ${pathname.split('/').at(-1)}`, { attributes, kind: SpanKind.CLIENT }, parent);
        return follow(span, parent, async () => {
          const response = await http.fetch(url, init);
          span.setAttribute('http.response.status_code', response.status);
          if (response.status >= 400) span.setStatus({ code: SpanStatusCode.ERROR });
          return response;
        });
      },
    }),
    stop: () => provider.shutdown(),
  };
} // prettier-ignore
