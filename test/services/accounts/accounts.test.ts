/** People, roles, tokens and the log of writes, on a whole service. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import type { AuditEntry } from '../../../services/accounts/audit.ts';
import type { Config } from '../../../services/config.ts';
import { startService, type Service } from '../../../services/main.ts';
import { fromPage, invite, makeOwner, password, signIn, type Person } from '../../support/people.ts';
import { testConfig } from '../../support/service.ts';

let folder: string;
let service: Service;
let owner: Person;
let url: string;
let config: Config;
const settings = { name: 'Shop', currency: 'EUR', country: 'DE', shopUrl: 'https://shop.example' };
const code = (answer: { text: string }): unknown => (JSON.parse(answer.text) as { code: unknown }).code;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shelfcast-accounts-'));
  config = testConfig(folder);
  service = await startService(config);
  url = service.url;
  owner = await makeOwner(service);
  await owner.call('put', '/api/v1/catalogs/shop').send(settings).expect(200);
});
afterAll(async () => {
  await service?.stop();
  await rm(folder, { recursive: true, force: true });
});

describe('the first owner', () => {
  it('is made once: afterwards there is no such link', async () => {
    expect(await service.makeOwnerLink()).toBeUndefined();
    const { body } = await owner.call('get', '/session').expect(200);
    expect(body).toMatchObject({ user: { name: 'Olga', role: 'owner' } });
  });

  it('cannot stop being the only one', async () => {
    const { body } = await owner.call('get', '/api/v1/users').expect(200);
    const { id } = (body as { items: { id: string; email: string }[] }).items.find(
      (one) => one.email === owner.email,
    )!;
    for (const change of [{ role: 'viewer' }, { disabled: true }])
      expect(code(await owner.call('put', `/api/v1/users/${id}`).send(change).expect(409))).toBe(
        'last_owner',
      );
    await owner.call('delete', `/api/v1/users/${id}`).expect(409);
  });
});

describe('a session', () => {
  it('comes by a cookie that scripts and other sites cannot use', async () => {
    const answer = await request(url)
      .post('/session')
      .set(fromPage)
      .send({ email: owner.email, password })
      .expect(200);
    expect(String(answer.headers['set-cookie'])).toMatch(/shelfcast=.*Path=\/.*HttpOnly.*SameSite=Strict/i);
    expect(answer.text).not.toContain('argon2');
  });

  it('survives a restart of the service', async () => {
    await service.stop();
    service = await startService({ ...config, port: Number(new URL(url).port) });
    await owner.call('get', '/session').expect(200);
  });

  it('writes only for the page itself', async () => {
    const write = () => request(url).post('/api/v1/catalogs/shop/checks').set('cookie', owner.cookie);
    expect(code(await write().expect(403))).toBe('origin_doubtful');
    expect(code(await write().set(fromPage).set('sec-fetch-site', 'cross-site').expect(403))).toBe(
      'origin_doubtful',
    );
    await write().set(fromPage).set('sec-fetch-site', 'same-origin').expect(202);
  });

  it('ends by signing out, here and everywhere', async () => {
    const [one, two] = [await signIn(url, owner.email), await signIn(url, owner.email)];
    await one.call('delete', '/session').expect(204);
    await one.call('get', '/session').expect(401);
    await two.call('get', '/session').expect(200);
    const three = await signIn(url, owner.email);
    await three.call('delete', '/session/everywhere').expect(204);
    await two.call('get', '/session').expect(401);
    owner = await signIn(url, owner.email);
  });

  it('is refused to a wrong password and to an unknown address with the same words', async () => {
    const tries = [
      { email: owner.email, password: 'wrong password here' },
      { email: 'nobody@shop.example', password },
    ];
    const answers = await Promise.all(
      tries.map((body) => request(url).post('/session').set(fromPage).send(body).expect(401)),
    );
    expect(answers[0]!.text).toBe(answers[1]!.text);
  });
});

describe('a role', () => {
  it('viewer reads everything of the shop and writes nothing', async () => {
    const viewer = await invite(service, owner, 'viewer', 'Vera');
    await viewer.call('get', '/api/v1/catalogs/shop/status').expect(200);
    const writes: ['put' | 'post' | 'delete', string][] = [
      ['put', '/api/v1/catalogs/shop'],
      ['put', '/api/v1/catalogs/shop/mapping'],
      ['post', '/api/v1/catalogs/shop/checks'],
      ['post', '/api/v1/catalogs/shop/imports'],
      ['put', '/api/v1/catalogs/shop/items/A/overrides/title'],
      ['put', '/api/v1/catalogs/shop/channels/meta'],
      ['post', '/api/v1/users'],
      ['post', '/api/v1/tokens'],
    ];
    for (const [method, path] of writes)
      expect(code(await viewer.call(method, path).send({}).expect(403))).toBe('not_allowed');
    for (const path of ['/api/v1/audit', '/api/v1/users', '/api/v1/tokens'])
      await viewer.call('get', path).expect(403);
  });

  it('merchandiser works on items and imports, not on settings', async () => {
    const ana = await invite(service, owner, 'merchandiser', 'Ana');
    await ana.call('put', '/api/v1/catalogs/shop/mapping').send({}).expect(200);
    await ana.call('put', '/api/v1/catalogs/shop').send(settings).expect(403);
    await ana.call('put', '/api/v1/catalogs/shop/channels/meta').send({}).expect(403);
  });

  it('changes at once, and who is shut out is out at once', async () => {
    const ben = await invite(service, owner, 'viewer', 'Ben');
    const { body } = await owner.call('get', '/api/v1/users');
    const { id } = (body as { items: { id: string; email: string }[] }).items.find(
      (one) => one.email === ben.email,
    )!;
    await owner.call('put', `/api/v1/users/${id}`).send({ role: 'merchandiser' }).expect(200);
    await ben.call('put', '/api/v1/catalogs/shop/mapping').send({}).expect(200);
    await owner.call('put', `/api/v1/users/${id}`).send({ disabled: true }).expect(200);
    await ben.call('get', '/session').expect(401);
    await request(url).post('/session').set(fromPage).send({ email: ben.email, password }).expect(401);
  });
});

describe('a new password', () => {
  it('comes by a link that works once and ends the sessions before it', async () => {
    const cleo = await invite(service, owner, 'viewer', 'Cleo');
    const { body } = await owner.call('get', '/api/v1/users');
    const { id } = (body as { items: { id: string; email: string }[] }).items.find(
      (one) => one.email === cleo.email,
    )!;
    const made = await owner.call('post', `/api/v1/users/${id}/link`).expect(200);
    const secret = (made.body as { link: string }).link.split('/').at(-1);
    await request(url).get(`/session/links/${secret}`).expect(200, { email: cleo.email, name: 'Cleo' });
    const use = (next: string) =>
      request(url).post(`/session/links/${secret}`).set(fromPage).send({ password: next });
    expect(code(await use('short').expect(422))).toBe('request_invalid');
    await use('another long password').expect(200);
    expect(code(await use('a third long password').expect(404))).toBe('link_used_up');
    await cleo.call('get', '/session').expect(401);
    await signIn(url, cleo.email, 'another long password');
  });
});

describe('a token for a machine', () => {
  const make = async (scopes: string[], more: object = {}) => {
    const answer = await owner
      .call('post', '/api/v1/tokens')
      .send({ name: 'ERP', scopes, ...more })
      .expect(201);
    return answer.body as { token: { id: string }; secret: string };
  };

  it('may do what its scopes say, and is shown once', async () => {
    const { secret } = await make(['read', 'imports']);
    const machine = { authorization: `Bearer ${secret}` };
    await request(url).get('/api/v1/catalogs').set(machine).expect(200);
    await request(url).put('/api/v1/catalogs/shop/mapping').set(machine).send({}).expect(200);
    const refused = await request(url).put('/api/v1/catalogs/shop').set(machine).send(settings).expect(403);
    expect(refused.text).toContain('scope \\"settings\\"');
    expect((await owner.call('get', '/api/v1/tokens')).text).not.toContain(secret);
  });

  it('does not read what only owners see, nor connect a source, by a lesser scope', async () => {
    const bearer = async (scopes: string[]) => ({
      authorization: `Bearer ${(await make(scopes)).secret}`,
    });
    const [reader, fixer, settler] = [await bearer(['read']), await bearer(['read', 'items']), await bearer(['settings'])]; // prettier-ignore
    for (const path of ['users', 'tokens', 'audit', 'backups', 'doctor']) {
      await request(url).get(`/api/v1/${path}`).set(reader).expect(403);
      await request(url).get(`/api/v1/${path}`).set(settler).expect(200);
    }
    const second = { name: 'Prices', url: 'https://prices.example/p.csv' };
    const refused = await request(url).put('/api/v1/catalogs/shop/supplements/prices').set(fixer).send(second).expect(403); // prettier-ignore
    expect(refused.text).toContain('scope \\"imports\\"');
  });

  it('ends when it is taken back', async () => {
    const { token, secret } = await make(['read']);
    await owner.call('delete', `/api/v1/tokens/${token.id}`).expect(204);
    await request(url)
      .get('/api/v1/catalogs')
      .set({ authorization: `Bearer ${secret}` })
      .expect(401);
  });
});

describe('the log of writes', () => {
  it('says who did what, before and after, without secrets', async () => {
    await owner
      .call('put', '/api/v1/catalogs/shop')
      .send({ ...settings, name: 'Renamed' })
      .expect(200);
    await owner.call('put', '/api/v1/catalogs/shop/channels/meta').send({ accessToken: 'top-secret' });
    const { body, text } = await owner.call('get', '/api/v1/audit?limit=5').expect(200);
    const { items } = body as { items: AuditEntry[] };
    expect(items[1]).toMatchObject({
      by: { kind: 'user', name: 'Olga' },
      action: 'PUT /catalogs/{catalogId}',
      target: { catalogId: 'shop' },
      outcome: 'done',
      before: { name: 'Shop' },
      after: { name: 'Renamed' },
    });
    expect(items[0]).toMatchObject({
      outcome: 'refused',
      code: 'request_invalid',
      after: { accessToken: '…' },
    });
    expect(text).not.toContain('top-secret');
  });
});

describe('guessing passwords', () => {
  it('is shut out for a while after ten wrong ones, and told so', async () => {
    const guess = (n: number) =>
      request(url)
        .post('/session')
        .set(fromPage)
        .send({ email: owner.email, password: `guess number ${n}` });
    let answer = await guess(0);
    for (let n = 1; n < 12 && answer.status === 401; n++) answer = await guess(n);
    expect(answer.status).toBe(429);
    expect(code(answer)).toBe('too_many_tries');
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  });
});
