import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createHttpClient, retryAfterMs } from '../../services/http-client.ts';
import { isPublicAddress } from '../../services/public-address.ts';

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

  it('follows up to five redirects, and says so when there are more', async () => {
    const url = await serve((req, res) => {
      const left = Number(req.url?.slice(1));
      if (left === 0) return void res.end('arrived');
      res.writeHead(302, { location: `/${left - 1}` }).end();
    });
    expect(await (await open.fetch(`${url}/5`)).text()).toBe('arrived');
    await expect(open.fetch(`${url}/6`)).rejects.toMatchObject({ code: 'too_many_redirects', next: 'stop' });
  });

  it('keeps method and body at a 307, and asks with GET after a 303', async () => {
    const seen: string[] = [];
    const url = await serve((req, res) => {
      let body = '';
      req.on('data', (chunk) => (body += String(chunk)));
      req.on('end', () => {
        seen.push(`${req.method} ${req.url} ${body}`);
        const status = Number(req.url?.slice(1));
        res.writeHead(status || 200, status ? { location: '/end' } : {}).end();
      });
    });
    for (const status of [307, 303]) await open.fetch(`${url}/${status}`, { method: 'POST', body: 'x' });
    expect(seen).toEqual(['POST /307 x', 'POST /end x', 'POST /303 x', 'GET /end ']);
  });

  it('leaves secrets behind when a redirect leads to another server', async () => {
    const headers: (string | undefined)[] = [];
    const other = await serve((req, res) => {
      headers.push(req.headers.authorization, req.headers.cookie);
      res.end();
    });
    const url = await serve((_req, res) => res.writeHead(302, { location: other }).end());
    await open.fetch(url, { headers: { Authorization: 'Bearer hush', Cookie: 'a=b' } });
    expect(headers).toEqual([undefined, undefined]);
  });

  it.each(['file:///etc/passwd', 'data:text/plain,x', 'ftp://example.com/a', 'no address', ''])(
    'refuses %j, also as the end of a redirect',
    async (address) => {
      await expect(open.fetch(address)).rejects.toMatchObject({ code: 'address_invalid', next: 'stop' });
      if (!URL.canParse(address)) return;
      const url = await serve((_req, res) => res.writeHead(302, { location: address }).end());
      await expect(open.fetch(url)).rejects.toMatchObject({ code: 'redirect_invalid' });
    },
  );

  it('sends user and password of an address as a header, and never in a message', async () => {
    const url = await serve((req, res) =>
      req.url?.startsWith('/drop') ? req.socket.destroy() : res.end(req.headers.authorization),
    );
    const withLogin = url.replace('//', '//shop:p%40ss@');
    const login = Buffer.from('shop:p@ss').toString('base64');
    expect(await (await open.fetch(withLogin)).text()).toBe(`Basic ${login}`);
    for (const address of [`${withLogin}/drop?token=hush`, 'http://shop:hush@[bad/?token=hush']) {
      const error = (await open.fetch(address, { retries: 0 }).catch((e: unknown) => e)) as Error;
      expect(error).toBeInstanceOf(Error);
      expect(inspect(error, { depth: 9 })).not.toMatch(/hush|p%40ss|p@ss/);
    }
  });

  it('sends a form as a form', async () => {
    const url = await serve((req, res) => void req.pipe(res));
    const form = new FormData();
    form.set('name', 'value');
    form.set('file', new File(['content'], 'a.csv'));
    const text = await (await open.fetch(url, { method: 'POST', body: form })).text();
    expect(text).toMatch(/name="name"\r\n\r\nvalue[^]*filename="a.csv"[^]*content/);
  });

  it('waits as long as a busy server asks when that is seconds, and takes the time limit for the whole', async () => {
    const at: number[] = [];
    const url = await serve((_req, res) => {
      at.push(Date.now());
      res.writeHead(429, { 'retry-after': '1' }).end();
    });
    expect((await open.fetch(url, { retries: 1 })).status).toBe(429);
    expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThanOrEqual(990);
    // a second does not fit into half of one
    expect((await open.fetch(url, { timeoutMs: 500 })).status).toBe(429);
    expect(at).toHaveLength(3);
  });

  it('tries a POST again when the caller says that it may', async () => {
    let count = 0;
    const url = await serve((_req, res) => void res.writeHead(++count === 1 ? 502 : 200).end());
    expect((await open.fetch(url, { method: 'POST', body: 'x', retries: 1 })).status).toBe(200);
    expect(count).toBe(2);
  });

  it('ends a body that comes too slowly', async () => {
    const url = await serve((_req, res) => {
      const drip = setInterval(() => res.write('x'), 20);
      res.on('close', () => clearInterval(drip));
    });
    const response = await open.fetch(url, { timeoutMs: 200 });
    await expect(response.text()).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  it('stops at once when the caller stops, also between two tries', async () => {
    const stop = new AbortController();
    const url = await serve((_req, res) => {
      res.writeHead(503, { 'retry-after': '4' }).end();
      setTimeout(() => stop.abort(new Error('stopped')), 50);
    });
    const from = Date.now();
    await expect(open.fetch(url, { signal: stop.signal })).rejects.toThrow('stopped');
    expect(Date.now() - from).toBeLessThan(2_000);
  });

  it('says in plain words why there was no answer', async () => {
    const refused = await serve((_req, res) => res.end());
    servers.splice(0).forEach((server) => server.close());
    await expect(open.fetch(refused, { retries: 0 })).rejects.toThrow('the server refuses connections');
    await expect(open.fetch('http://nowhere.invalid/', { retries: 0 })).rejects.toMatchObject({
      code: 'no_answer',
      next: 'retry',
    });
  });

  it.each([
    'http://127.0.0.1/',
    'http://localhost/',
    'http://2130706433/',
    'http://0x7f.1/',
    'http://0/',
    'http://169.254.169.254/latest/meta-data/',
    'http://[::1]/',
    'http://[::]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:a9fe:a9fe]/',
    'http://[::127.0.0.1]/',
    'http://[64:ff9b::7f00:1]/',
    'http://[fd00:ec2::254]/',
    'https://10.0.0.1/',
  ])('refuses %s without knocking', async (url) => {
    await expect(createHttpClient().fetch(url)).rejects.toMatchObject({
      code: 'address_private',
      next: 'stop',
    });
  });

  it('opens no more than what the allow-list names', async () => {
    const url = await serve((_req, res) => res.end('inside'));
    const { port } = new URL(url);
    const named = `http://localhost:${port}`;
    const reach = (allowPrivate: string[], address: string) =>
      createHttpClient({ allowPrivate })
        .fetch(address, { retries: 0 })
        .then((response) => response.text());
    for (const allowed of ['*', '127.0.0.1', `127.0.0.1:${port}`])
      expect(await reach([allowed], url)).toBe('inside');
    for (const allowed of ['localhost:1', '127.0.0.1:1', 'localhost', `1.0.0.127:${port}`])
      await expect(reach([allowed], url)).rejects.toMatchObject({ code: 'address_private' });
    await expect(reach(['127.0.0.1'], named)).rejects.toMatchObject({ code: 'address_private' });
    await expect(reach(['localhost:1'], named)).rejects.toMatchObject({ code: 'address_private' });
    expect(await reach([`localhost:${port}`], named)).toBe('inside');
  });

  it.each([
    '127.0.0.1',
    '10.1.2.3',
    '192.168.0.1',
    '172.16.0.1',
    '169.254.169.254',
    '100.64.0.1',
    '198.18.0.1',
    '0.0.0.0',
    '255.255.255.255',
    '::1',
    'fc00::1',
    'fe80::1',
    'fec0::1',
    '::ffff:10.0.0.1',
    '2002:7f00:1::',
  ])('takes %s for private', (address) => expect(isPublicAddress(address)).toBe(false));
  it('takes a public address for public', () => expect(isPublicAddress('93.184.216.34')).toBe(true));

  it('reads Retry-After in both forms', () => {
    expect(retryAfterMs('7', 0)).toBe(7_000);
    expect(retryAfterMs('Thu, 01 Jan 1970 00:01:00 GMT', 0)).toBe(60_000);
    expect(retryAfterMs('soon', 0)).toBeUndefined();
  });
});
