/** The web server as it is reached from outside: a whole service on a folder of its own, no channel connected. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import express from 'express';
import request from 'supertest';
import type { Log } from '../../catalog/context.ts';
import {
  BusyError, ChannelError, ConfigError, ConflictError, InputError, NoAnswerError, NotFoundError, SourceError,
  SyncError, TooLargeError,
} from '../../catalog/errors.ts'; // prettier-ignore
import { builtFolder } from '../../services/admin/build.ts';
import { loadConfig } from '../../services/config.ts';
import { startService, type Service } from '../../services/main.ts';
import { answerProblem } from '../../services/web/problem.ts';
import { buildPage } from '../support/built-page.ts';
import { testDatabase } from '../support/database.ts';
import { makeOwner } from '../support/people.ts';

const token = 'test-token-of-at-least-32-characters-000';
const bearer = { authorization: `Bearer ${token}` };
const mug =
  'id,title,description,availability,condition,price,link,image_link,brand\nMUG-1,Red mug,A mug,in stock,new,12.50 EUR,https://shop.example/mug,https://shop.example/mug.jpg,Kiln\n';

let folder: string;
let service: Service;
let url: string;

beforeAll(async () => {
  buildPage();
  folder = await mkdtemp(join(tmpdir(), 'shelfcast-web-'));
  const database = testDatabase();
  service = await startService(
    loadConfig({
      DATA_DIR: folder,
      PORT: '0',
      LOG_LEVEL: 'error',
      API_TOKEN: token,
      ...(database ? { MONGODB_URI: database } : {}),
    }),
  );
  url = service.url;
  await request(url)
    .put('/api/v1/catalogs/web-test')
    .set(bearer)
    .send({ name: 'Web test', currency: 'EUR', country: 'DE', shopUrl: 'https://shop.example' })
    .expect(200);
});
afterAll(async () => {
  await service?.stop();
  await rm(folder, { recursive: true, force: true });
});

describe('who may call the API', () => {
  it.each([
    ['nothing', {}],
    ['another token', { authorization: 'Bearer another-token-of-at-least-32-characters' }],
    ['a part of the token', { authorization: `Bearer ${token.slice(0, -1)}` }],
    ['an empty token', { authorization: 'Bearer ' }],
    ['the token as a password', { authorization: `Basic ${token}` }],
    ['a made-up session', { cookie: `shelfcast=${Date.now() + 60_000}.made-up` }],
    ['an empty session', { cookie: 'shelfcast=' }],
  ])('is not one who sends %s', async (_name, headers) => {
    const answer = await request(url).get('/api/v1/catalogs').set(headers).expect(401);
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(JSON.parse(answer.text)).toMatchObject({ status: 401, code: 'token_missing' });
    expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('is one who sends the token', async () => {
    const answer = await request(url).get('/api/v1/catalogs').set(bearer).expect(200);
    expect(answer.body.items).toMatchObject([{ id: 'web-test', currency: 'EUR' }]);
  });
});

describe('what is wrong', () => {
  it('is told with the path of each field', async () => {
    const answer = await request(url)
      .put('/api/v1/catalogs/web-test')
      .set(bearer)
      .send({ name: '', currency: 'euro', country: 'DE', shopUrl: 'https://shop.example' })
      .expect(422);
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(JSON.parse(answer.text)).toMatchObject({
      code: 'request_invalid',
      fields: [{ path: 'name' }, { path: 'currency', message: 'use an ISO 4217 code such as EUR' }],
    });
  });

  it('is told for a query too', async () => {
    const answer = await request(url)
      .get('/api/v1/catalogs/web-test/listings?limit=0')
      .set(bearer)
      .expect(422);
    expect(JSON.parse(answer.text)).toMatchObject({ fields: [{ path: 'limit' }] });
  });

  it.each([
    ['/api/v1/catalogs/nobody', 'catalog_unknown'],
    ['/api/v1/nothing', 'address_unknown'],
    ['/nothing', 'address_unknown'],
  ])('is told with 404 where there is nothing: %s', async (path, code) => {
    const answer = await request(url).get(path).set(bearer).expect(404);
    expect(JSON.parse(answer.text)).toMatchObject({ status: 404, code });
  });

  it('is told for a body that is no JSON', async () => {
    const put = request(url).put('/api/v1/catalogs/web-test').set(bearer);
    const answer = await put.type('application/json').send('{"name":').expect(400);
    expect(JSON.parse(answer.text)).toMatchObject({ status: 400, code: 'request_unreadable' });
  });
});

describe('an error', () => {
  const lines: Record<string, unknown>[] = [];
  const note = (message: string, fields?: Record<string, unknown>): void =>
    void lines.push({ message, ...fields });
  const log: Log = { debug: note, info: note, warn: note, error: note, child: () => log };
  const throwing = (error: unknown, half = false) => {
    const app = express();
    app.get('/', (_req, res) => {
      res.locals['requestId'] = 'q1';
      if (half) res.write('half');
      throw error;
    });
    app.use(answerProblem(log));
    return request(app).get('/');
  };

  const told: [SyncError, number][] = [
    [new NotFoundError('c', 'm'), 404],
    [new ConflictError('c', 'm'), 409],
    [new ConfigError('c', 'm'), 409],
    [new TooLargeError('c', 'm'), 413],
    [new InputError('c', 'm'), 422],
    [new SourceError('c', 'm'), 422],
    [new ChannelError('c', 'm'), 422],
    [new NoAnswerError('c', 'm'), 502],
    [new BusyError('c', 'm'), 503],
    [new SyncError('c', 'stop', 'm'), 500],
  ];
  it.each(told.map(([error, status]) => ({ error, status, name: error.name })))(
    '$name is answered with $status, its code and its message',
    async ({ error, status }) => {
      const answer = await throwing(error).expect(status);
      expect(JSON.parse(answer.text)).toMatchObject({ status, code: 'c', detail: 'm' });
    },
  );

  it('that asks to wait says for how long', async () => {
    const answer = await throwing(new BusyError('busy', 'Wait.', { retryAfterMs: 1_200, hint: 'Later.' }));
    expect(answer.headers['retry-after']).toBe('2');
    expect(JSON.parse(answer.text)).toMatchObject({ hint: 'Later.' });
  });

  it('that nobody foresaw keeps its words to the log, and names the request to look for', async () => {
    lines.length = 0;
    const error = new Error('connect ECONNREFUSED /var/secret.sock');
    const answer = await throwing(error).expect(500);
    expect(answer.text).not.toContain('secret');
    expect(JSON.parse(answer.text)).toMatchObject({ code: 'unexpected', requestId: 'q1' });
    expect(lines).toMatchObject([{ message: 'a request failed', requestId: 'q1', error }]);
  });

  it('in the middle of an answer breaks the connection, so that half a file is not taken for a whole one', async () => {
    lines.length = 0;
    await expect(throwing(new Error('disk gone'), true)).rejects.toThrow(/aborted|hang up/);
    expect(lines).toMatchObject([{ message: 'an answer broke off', requestId: 'q1' }]);
  });
});

describe('for those who watch', () => {
  it('says that it lives and is ready, without a token', async () => {
    expect((await request(url).get('/healthz').expect(200)).body).toEqual({ ok: true });
    expect((await request(url).get('/readyz').expect(200)).body).toMatchObject({ ok: true });
  });

  it('counts for Prometheus, with the token only', async () => {
    await request(url).get('/metrics').expect(401);
    const { text } = await request(url).get('/metrics').set(bearer).expect(200);
    expect(text).toMatch(/^shelfcast_http_requests_total\{method="GET",status="401"\} [1-9]/m);
    expect(text).toMatch(/^shelfcast_jobs\{state="waiting"\} \d/m);
  });
});

describe('the description of the API', () => {
  it('names every endpoint with what it takes, from the schemas that check it', async () => {
    const { body } = await request(url).get('/api/openapi.json').expect(200);
    expect(body.openapi).toMatch(/^3\./);
    const { get, put } = body.paths['/api/v1/catalogs/{catalogId}'];
    expect(get.parameters).toMatchObject([{ name: 'catalogId', in: 'path', required: true }]);
    expect(Object.keys(put.requestBody.content['application/json'].schema.properties)).toContain('currency');
    expect(body.paths['/api/v1/catalogs/{catalogId}/imports'].post.requestBody.content).toHaveProperty(
      'text/csv',
    );
  });

  it('has words of the audit log for whatever writes', async () => {
    const { body } = await request(url).get('/api/openapi.json').expect(200);
    const paths = Object.entries(body.paths as Record<string, Record<string, unknown>>);
    const actions = paths.flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace('/api/v1', '')}`),
    );
    const changesNothing = /^GET |\/(inspections|test|preview)$/;
    const writes = actions.filter((action) => !changesNothing.test(action));
    expect(writes.length).toBeGreaterThan(50);
    const words = await readFile(join(import.meta.dirname, '../../services/admin/messages/en/audit.json'), 'utf8'); // prettier-ignore
    const known = Object.keys(JSON.parse(words) as object);
    expect(writes.filter((action) => !known.includes(`audit.${action}`))).toEqual([]);
  });

  it('can be read as a page', async () => {
    const { text } = await request(url).get('/api/docs/').expect(200);
    expect(text).toContain('swagger-ui');
  });
});

describe('the admin page', () => {
  const page = (address: string) => request(url).get(address).set('accept', 'text/html');

  it.each(['/', '/sign-in', '/c/web-test/home'])('comes without a token at %s', async (address) => {
    const { text, headers } = await page(address).expect(200);
    expect(text).toContain('<title>Shelfcast</title>');
    expect(headers['cache-control']).toBe('no-store');
  });

  it('may load nothing from elsewhere, and no style but its own', async () => {
    const first = await page('/').expect(200);
    const policy = String(first.headers['content-security-policy']);
    expect(policy).toMatch(/default-src 'none'/);
    expect(policy).not.toMatch(/https?:|unsafe|\*/);
    expect(first.headers['x-content-type-options']).toBe('nosniff');
    const [, nonce = ''] = /'nonce-([^']+)'/.exec(policy) ?? [];
    expect(first.text).toContain(`nonce="${nonce}"`);
    const second = await page('/').expect(200);
    expect(second.text).not.toContain(nonce);
  });

  it('holds no script inside, and every file that it names is there, compressed and kept for good', async () => {
    const { text } = await page('/');
    expect(text).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\son[a-z]+=|\sstyle=/i);
    const files = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, name]) => name ?? '');
    expect(files.length).toBeGreaterThan(2);
    for (const name of files) {
      const { headers } = await request(url).get(name).set('accept-encoding', 'br').expect(200);
      if (!name.startsWith('/assets/')) continue;
      expect(headers['content-encoding']).toBe('br');
      expect(headers['cache-control']).toContain('immutable');
    }
  });

  it('loads at most 300 kB of compressed script at first', async () => {
    const { text } = await page('/');
    const scripts = [...text.matchAll(/(?:src|href)="(\/assets\/[^"]+\.js)"/g)].map(([, name]) => name ?? '');
    let bytes = 0;
    for (const name of scripts) bytes += (await readFile(join(builtFolder, `${name}.br`))).byteLength;
    expect(scripts.length).toBeGreaterThan(0);
    expect(bytes).toBeLessThan(300_000);
  });

  it('follows an upload live through its session, up to the end', async () => {
    const { cookie } = await makeOwner(service);
    const own = { cookie, 'x-requested-with': 'shelfcast' };
    const started = await request(url)
      .post('/api/v1/catalogs/web-test/imports?name=mug.csv')
      .set(own)
      .type('text/csv')
      .send(mug)
      .expect(202);
    const { text, headers } = await request(url)
      .get(`/api/v1/runs/${started.body.id}/events`)
      .set({ cookie })
      .expect(200);
    expect(headers['content-type']).toMatch(/^text\/event-stream/);
    const runs = [...text.matchAll(/^event: run\ndata: (.+)$/gm)].map(([, data = '']): unknown =>
      JSON.parse(data),
    );
    expect(runs.at(-1)).toMatchObject({ id: started.body.id, status: 'done', products: { new: 1 } });
    const status = await request(url).get('/api/v1/catalogs/web-test/status').set({ cookie }).expect(200);
    expect(status.body).toMatchObject({ products: 1 });
  });
});
