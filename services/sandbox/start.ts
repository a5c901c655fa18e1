/** The channels' servers for the demo and the tests, on this machine only. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { createMetaSandbox, type MetaSandbox, type MetaSandboxOptions } from './meta.ts';
import type { Misbehaviour } from './misbehave.ts';

export interface SandboxOptions extends MetaSandboxOptions {
  /** Default 0: a free one. */
  port?: number;
}
export interface Sandbox {
  url: string;
  meta: MetaSandbox;
  stop(): Promise<void>;
}

export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const app = express();
  app.disable('x-powered-by');
  const server = createServer(app).listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const channel = createMetaSandbox(options);
  const meta = channel.describe(url);
  app.use('/meta', channel.router);
  app.post('/_sandbox/behave', express.json(), (req, res) => {
    meta.behave(req.body as Misbehaviour);
    res.status(204).end();
  });
  app.get('/_sandbox/state', (_req, res) => {
    res.json({ meta: { items: meta.contents().size, requests: meta.requests().slice(-100) } });
  });
  return {
    url,
    meta,
    async stop() {
      channel.stop();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
