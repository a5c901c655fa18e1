/** Traces of a whole walk, as a receiver of OTLP over HTTP gets them. */
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  connectShop,
  drawImage,
  importText,
  startTestShop,
  waitFor,
  type TestShop,
} from '../support/service.ts';

interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: { key: string; value: { stringValue?: string; intValue?: number } }[];
}
interface OtlpBody {
  resourceSpans: {
    resource: { attributes: { key: string; value: { stringValue?: string } }[] };
    scopeSpans: { spans: OtlpSpan[] }[];
  }[];
}

describe('traces', () => {
  let shop: TestShop;
  let receiver: Server;
  const bodies: OtlpBody[] = [];
  const spans = (): OtlpSpan[] =>
    bodies.flatMap(({ resourceSpans }) =>
      resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)),
    );

  beforeAll(async () => {
    receiver = createServer((req, res) => {
      void json(req).then((body) => {
        if (req.url === '/v1/traces') bodies.push(body as OtlpBody);
        res.setHeader('content-type', 'application/json').end('{}');
      });
    }).listen(0, '127.0.0.1');
    await once(receiver, 'listening');
    const otlpEndpoint = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
    shop = await startTestShop(async () => ({ otlpEndpoint }));
    await drawImage(shop.folder, 'a.jpg', 700, '#457b9d');
    await connectShop(shop);
  });
  afterAll(async () => {
    await shop.stop();
    receiver.close();
  });

  it('have a span per run, under it its jobs, and under those the requests to the channel', async () => {
    const run = await importText(
      shop,
      'id,title,description,price,availability,link,image_link,brand\nA,Mug,A mug of stoneware.,10 EUR,in stock,https://shop.example/a,images/a.jpg,Clay',
    );
    expect(run.status).toBe('done');
    const ofRun = (): OtlpSpan[] => {
      const root = spans().find(({ attributes }) =>
        attributes.some(({ key, value }) => key === 'shelfcast.run' && value.stringValue === run.id),
      );
      return root ? [root, ...spans().filter(({ traceId, spanId }) => traceId === root.traceId && spanId !== root.spanId)] : [];
    }; // prettier-ignore
    await waitFor(async () => ofRun().some(({ name }) => name === 'meta POST items_batch'));
    await waitFor(async () => ofRun().some(({ name }) => name === 'job check-batch'));
    const [root, ...others] = ofRun();
    expect(root?.name).toBe('run import');
    expect(Number(root?.endTimeUnixNano)).toBeGreaterThan(Number(root?.startTimeUnixNano));
    const jobs = others.filter(({ name }) => name.startsWith('job '));
    expect(jobs.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['job import-catalog', 'job prepare-images', 'job refresh-listings', 'job publish-feed', 'job push-batch']),
    ); // prettier-ignore
    for (const job of jobs) expect(job.parentSpanId).toBe(root?.spanId);
    const batch = others.find(({ name }) => name === 'meta POST items_batch');
    expect(jobs.find(({ spanId }) => spanId === batch?.parentSpanId)?.name).toBe('job push-batch');
    expect(batch?.attributes).toContainEqual({ key: 'http.response.status_code', value: { intValue: 200 } });
  });

  it('name the service, and hold no token', () => {
    expect(bodies[0]?.resourceSpans[0]?.resource.attributes).toContainEqual({
      key: 'service.name',
      value: { stringValue: 'shelfcast' },
    });
    const token = String(shop.sandbox.channel('meta').connect['accessToken']);
    expect(token.length).toBeGreaterThan(5);
    expect(JSON.stringify(bodies)).not.toContain(token);
  });
});
