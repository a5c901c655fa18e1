import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createHttpClient, isPublicAddress, retryAfterMs } from '../../services/http-client.ts';

describe('the HTTP client', () => {
  const servers: Server[] = [];
  async function serve(listener: RequestListener): Promise<string> {
    const server = createServer(listener).listen(0, '127.0.0.1');
    servers.push(server);
    await new Promise((resolve) => server.once('listening', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });
  const open = createHttpClient({ allowPrivate: ['127.0.0.1'] });

  it('tries again after a server fault and a dropped connection', async () => {
    let count = 0;
    const url = await serve((req, res) => {
      count += 1;
      if (count === 1) return void req.socket.destroy();
      res.writeHead(count === 2 ? 503 : 200).end('fine');
    });
    expect(await (await open.fetch(url)).text()).toBe('fine');
    expect(count).toBe(3);
  });

  it('sends a POST once unless it is told otherwise', async () => {
    let count = 0;
    const url = await serve((_req, res) => {
      count += 1;
      res.writeHead(500).end();
    });
    expect((await open.fetch(url, { method: 'POST', body: 'x' })).status).toBe(500);
    expect(count).toBe(1);
  });

  it('hands a 429 that asks for a long wait to the caller at once', async () => {
    let count = 0;
    const url = await serve((_req, res) => {
      count += 1;
      res.writeHead(429, { 'retry-after': '120' }).end();
    });
    expect((await open.fetch(url)).status).toBe(429);
    expect(count).toBe(1);
  });

  it('gives up on an answer that does not come in time, and tells no secret of the address', async () => {
    const url = await serve(() => undefined);
    const error = (await open
      .fetch(`${url}/x?token=hush`, { timeoutMs: 100, retries: 0 })
      .catch((e: unknown) => e)) as Error;
    expect(error).toMatchObject({ code: 'timeout', next: 'retry' });
    expect(error.message).not.toContain('hush');
  });

  it('does not follow a redirect to a private address', async () => {
    const hidden = await serve((_req, res) => res.end('secret'));
    const inside = new URL(hidden);
    const url = await serve((_req, res) =>
      res.writeHead(302, { location: `http://localhost:${inside.port}/` }).end(),
    );
    await expect(open.fetch(url)).rejects.toMatchObject({ code: 'address_private' });
  });

  it.each([
    '127.0.0.1',
    '10.1.2.3',
    '192.168.0.1',
    '169.254.169.254',
    '::1',
    'fc00::1',
    '::ffff:10.0.0.1',
    '0.0.0.0',
    '100.64.0.1',
  ])('takes %s for private', (address) => expect(isPublicAddress(address)).toBe(false));
  it('takes a public address for public', () => expect(isPublicAddress('93.184.216.34')).toBe(true));

  it('reads Retry-After in both forms', () => {
    expect(retryAfterMs('7', 0)).toBe(7_000);
    expect(retryAfterMs('Thu, 01 Jan 1970 00:01:00 GMT', 0)).toBe(60_000);
    expect(retryAfterMs('soon', 0)).toBeUndefined();
  });
});
