/** Nobody waits for ever on a socket that is closed. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';

/**
 * MongoDB's driver writes a command and, where the socket takes no more, waits for its `drain`. When the socket was
 * destroyed between the driver's look and its write no such event comes: the command waits for ever, and when it was the
 * watch over the server, the process never finds back to its database (mongodb 7.9.0, `writeCommand` in
 * lib/cmap/connection.js). So whoever waits for a closed socket is woken; the driver then looks again, and fails as it should.
 * Concerns every socket that this process opens until the answer is called.
 */
export function wakeWritersOfClosedSockets(): () => void {
  subscribe(channel, watch);
  return () => void unsubscribe(channel, watch);
}

const channel = 'net.client.socket';

function watch(message: unknown): void {
  const { socket } = message as { socket: Socket };
  socket.once('close', () => {
    socket.emit('drain');
    socket.on('newListener', (event) => {
      if (event === 'drain') setImmediate(() => socket.emit('drain'));
    });
  });
}
