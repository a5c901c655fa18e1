import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import express from 'express';
import { createBehaviour } from '../../services/sandbox/misbehave.ts';

const behaviour = createBehaviour();
let worked = 0;
let server: Server;
let url: string;

beforeAll(async () => {
  const app = express();
  app.use(behaviour.middleware);
  app.get('/', (_req, res) => {
    worked += 1;
    res.json({ ok: true });
  });
  server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterAll(() => void server.close());

async function call(): Promise<string> {
  const before = worked;
  const response = await fetch(url).catch(() => undefined);
  if (!response) return worked > before ? 'lost after the work' : 'lost before the work';
  const wait = response.headers.get('retry-after');
  const text = await response.text();
  const form = wait === null ? '' : /^\d+$/.test(wait) ? ' in seconds' : ' as a date';
  return `${response.status}${text.startsWith('<') ? ' page' : ''}${form}`;
}

it('fails a share of the calls in every way that a channel may, and lets the others through', async () => {
  behaviour.set({ failShare: 1, seed: 1 });
  const seen = new Set<string>();
  for (let n = 0; n < 200; n++) seen.add(await call());
  expect([...seen].sort()).toEqual([
    '200 page', '429 as a date', '429 in seconds', '500', '503', 'lost after the work', 'lost before the work',
  ]); // prettier-ignore
  behaviour.set({ failShare: 0.05, seed: 1 });
  const before = worked;
  for (let n = 0; n < 200; n++) await call();
  expect(worked - before).toBeGreaterThan(170);
  expect(worked - before).toBeLessThan(200);
});
