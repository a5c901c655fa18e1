/** A connection that can be cut or slowed: TCP on this machine in front of a port or a Unix socket. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type NetConnectOpts, type Socket } from 'node:net';

export interface Proxy {
  port: number;
  /** Breaks every connection, and refuses new ones until `heal`. */
  cut(): void;
  /** Every piece of data comes so many milliseconds late. */
  slow(ms: number): void;
  heal(): void;
  stop(): Promise<void>;
}

export async function startProxy(target: NetConnectOpts): Promise<Proxy> {
  const sockets = new Set<Socket>();
  let isCut = false;
  let delayMs = 0;
  const server = createServer((inner) => {
    if (isCut) return void inner.destroy();
    const outer = connect(target);
    for (const [from, to] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      sockets.add(from);
      let last: Promise<void> = Promise.resolve();
      from.on('data', (chunk: Buffer) => {
        const late = delayMs;
        // in order, whatever the delay was meanwhile
        last = last.then(async () => {
          if (late > 0) await new Promise((resolve) => setTimeout(resolve, late));
          if (!to.destroyed) to.write(chunk);
        });
      });
      from.on('end', () => void last.then(() => to.end()));
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        void last.then(() => to.destroy());
      });
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    cut() {
      isCut = true;
      for (const socket of sockets) socket.destroy();
    },
    slow: (ms) => void (delayMs = ms),
    heal() {
      isCut = false;
      delayMs = 0;
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
