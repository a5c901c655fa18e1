import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, it } from '@jest/globals';
import { createDrain } from '../../../services/web/drain.ts';
import { startTestShop } from '../../support/service.ts';

/** A server that answers "whole" once the request has ended, at /events with a stream that never ends. */
async function openServer(): Promise<{ server: Server; port: number; drain: () => Promise<void> }> {
  const server = createServer();
  const { listener, drain } = createDrain(server, (req, res) => {
    if (req.url === '/events') {
      res.setHeader('content-type', 'text/event-stream').write('event: run\n\n');
      return;
    }
    req.resume().once('end', () => res.end('whole'));
  });
  server.on('request', listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port, drain };
}

function begin(port: number, path: string, headers: Record<string, string> = {}) {
  const sent = request({ port, host: '127.0.0.1', path, method: 'POST', headers });
  const answer = once(sent, 'response') as Promise<[IncomingMessage]>;
  return { sent, answer };
}

it('answers what was begun, takes nothing new, and only then has stopped', async () => {
  const { port, drain, server } = await openServer();
  const { sent, answer } = begin(port, '/');
  sent.write('half');
  await once(server, 'request');
  let isDrained = false;
  const drained = drain().then(() => (isDrained = true));
  await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow('fetch failed');
  expect(isDrained).toBe(false);
  sent.end('of it');
  const [response] = await answer;
  expect(await text(response)).toBe('whole');
  await drained;
});

it('does not wait for those who listen to a run', async () => {
  const { port, drain } = await openServer();
  const { sent, answer } = begin(port, '/events');
  sent.end();
  const [response] = await answer;
  const [chunk] = (await once(response, 'data')) as [Buffer];
  expect(String(chunk)).toBe('event: run\n\n');
  const cut = new Promise((resolve) => response.once('error', () => resolve('cut')));
  const grace = new Promise((resolve) => setTimeout(resolve, 9_000, 'waited'));
  const drained = drain();
  expect(await Promise.race([cut, grace])).toBe('cut');
  await drained;
});

it('keeps an upload that a stop of the service meets half-way', async () => {
  const shop = await startTestShop();
  const { service, client, config } = shop;
  await client.send('PUT', '/api/v1/catalogs/shop', {
    name: 'Shop', currency: 'EUR', country: 'DE', shopUrl: 'https://shop.example',
  }); // prettier-ignore
  const { sent, answer } = begin(Number(new URL(service.url).port), '/api/v1/catalogs/shop/uploads', {
    authorization: `Bearer ${config.apiToken}`,
    'content-type': 'text/csv',
  });
  sent.write('id,title\n');
  await new Promise((resolve) => setTimeout(resolve, 200));
  const stopped = service.stop();
  sent.end('1,Cup\n');
  const [response] = await answer;
  expect([response.statusCode, await text(response)]).toEqual([201, expect.stringContaining('"Cup"')]);
  await stopped;
  await shop.stop();
});
