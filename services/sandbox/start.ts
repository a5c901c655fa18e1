/** The channels' servers for the demo and the tests, on this machine only. */
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import type { ChannelSandbox, ChannelSandboxOptions } from './channel-sandbox.ts';
import type { Misbehaviour } from './misbehave.ts';

export interface SandboxOptions extends ChannelSandboxOptions {
  /** Default 0: a free one. */
  port?: number;
  /** What one channel has different, by its id. */
  of?: Readonly<Record<string, ChannelSandboxOptions>>;
}

export interface RunningSandbox extends Omit<ChannelSandbox, 'router' | 'describe' | 'stop'> {
  /** The options to connect a catalog with. */
  connect: Record<string, unknown>;
}

export interface Sandbox {
  url: string;
  /** By channel id. */
  channels: ReadonlyMap<string, RunningSandbox>;
  /** Throws when there is no such sandbox. */
  channel(id: string): RunningSandbox;
  stop(): Promise<void>;
}

export async function startSandbox({ port = 0, of = {}, ...common }: SandboxOptions = {}): Promise<Sandbox> {
  const makers = await loadSandboxes();
  const app = express();
  app.disable('x-powered-by');
  const server = createServer(app).listen(port, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const channels = new Map<string, RunningSandbox>();
  const stops: (() => void)[] = [];
  for (const [id, make] of makers) {
    const { router, describe, stop, ...rest } = make({ ...common, ...of[id] });
    app.use(`/${id}`, router);
    channels.set(id, { ...rest, ...describe(url) });
    stops.push(stop);
  }
  const channel = (id: string): RunningSandbox => {
    const found = channels.get(id);
    if (!found) throw new Error(`there is no sandbox of "${id}"`);
    return found;
  };
  app.post(['/_sandbox/behave', '/_sandbox/behave/:channel'], express.json(), (req, res) => {
    const asked = req.params['channel'];
    const some = asked === undefined ? [...channels.values()] : [channels.get(String(asked))];
    for (const one of some) one?.behave(req.body as Misbehaviour);
    res.status(some.every(Boolean) ? 204 : 404).end();
  });
  app.get('/_sandbox/state', (_req, res) => {
    res.json(Object.fromEntries([...channels].map(([id, one]) => [id, tell(one)])));
  });
  app.get('/_sandbox/state/:channel', (req, res) => {
    const one = channels.get(req.params.channel);
    if (!one) return void res.status(404).end();
    res.json({ ...tell(one), contents: Object.fromEntries(one.contents()) });
  });
  return {
    url,
    channels,
    channel,
    async stop() {
      for (const stop of stops) stop();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const tell = (one: RunningSandbox): object => ({
  items: one.contents().size,
  requests: one.requests().slice(-100),
});

type Maker = (options: ChannelSandboxOptions) => ChannelSandbox;

/** Finds the sandboxes: `channels/{id}/index.ts` exports `create{Id}Sandbox`. */
async function loadSandboxes(): Promise<Map<string, Maker>> {
  const place = new URL('./channels/', import.meta.url);
  const makers = new Map<string, Maker>();
  for (const { name } of (await readdir(place, { withFileTypes: true })).filter((e) => e.isDirectory())) {
    const module = (await import(new URL(`${name}/index.ts`, place).href)) as Record<
      string,
      Maker | undefined
    >;
    const exported = `create${name.charAt(0).toUpperCase()}${name.slice(1)}Sandbox`;
    const make = module[exported];
    if (!make) throw new Error(`services/sandbox/channels/${name}/index.ts must export ${exported}`);
    makers.set(name, make);
  }
  return new Map([...makers].sort(([a], [b]) => a.localeCompare(b)));
}
