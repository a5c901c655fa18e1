/** Lets a server end what it is answering before its parts are taken away. */
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';

/** An upload of a large file may need this long; whoever stops the service waits no longer. */
const graceMs = 10_000;

/** A listener that knows what is being answered, and a stop that takes nothing new and waits for that. */
export function createDrain(server: Server, listen: RequestListener) {
  const answering = new Set<ServerResponse>();
  let tellDone: (() => void) | undefined;

  // event streams end only with the run that they tell of; whoever listens connects again
  const isStream = (res: ServerResponse): boolean =>
    String(res.getHeader('content-type')).startsWith('text/event-stream');
  const isDone = (): boolean => [...answering].every(isStream);

  return {
    listener(req: IncomingMessage, res: ServerResponse): void {
      answering.add(res);
      res.once('close', () => {
        answering.delete(res);
        if (isDone()) tellDone?.();
      });
      listen(req, res);
    },
    async drain(): Promise<void> {
      server.close();
      if (!isDone()) {
        const { promise, resolve } = Promise.withResolvers<void>();
        tellDone = resolve;
        const timer = setTimeout(resolve, graceMs);
        await promise;
        clearTimeout(timer);
      }
      server.closeAllConnections();
    },
  };
}
