import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { startService, type Service } from '../../../services/main.ts';
import { testConfig } from '../../support/service.ts';

describe('schedules in the API', () => {
  let folder: string;
  let service: Service;
  const bearer = { authorization: 'Bearer test-token-of-at-least-32-characters-000' };
  const at = '/api/v1/catalogs/shop/schedules';

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'schedules-'));
    service = await startService({ ...testConfig(folder), roles: ['web'], refreshCron: '30 3 * * *' });
    const shop = { name: 'Shop', currency: 'EUR', country: 'DE', shopUrl: 'https://shop.example' };
    await request(service.url).put('/api/v1/catalogs/shop').set(bearer).send(shop).expect(200);
  });
  afterAll(async () => {
    await service.stop();
    await rm(folder, { recursive: true });
  });

  it('are set in words, shown in words with their next times, and reset to the default', async () => {
    const sent = { cron: 'every 2 hours between 6 and 22', timeZone: 'Europe/Berlin', jitterSeconds: 60 };
    const set = await request(service.url).put(`${at}/refresh`).set(bearer).send(sent).expect(200);
    expect(set.body).toMatchObject({ cron: '0 6-22/2 * * *', enabled: true, isDefault: false });
    const { body } = await request(service.url).get(`${at}?language=de`).set(bearer).expect(200);
    expect(body.items[0]).toMatchObject({
      words: 'Zur vollen Stunde, alle 2 Stunden, zwischen 06:00 und 22:00',
    });
    expect(body.items[0].next).toHaveLength(5);
    expect(body.kinds.map(({ kind }: { kind: string }) => kind)).toContain('check');
    await request(service.url).delete(`${at}/refresh`).set(bearer).expect(204);
    const after = await request(service.url).get(at).set(bearer).expect(200);
    expect(after.body.items[0]).toMatchObject({ cron: '30 3 * * *', isDefault: true });
  });

  it('that nobody could read are refused with an example', async () => {
    const bad = await request(service.url)
      .put(`${at}/refresh`)
      .set(bearer)
      .send({ cron: 'now and then' })
      .expect(422);
    expect(bad.body).toMatchObject({
      code: 'cron_words_unknown',
      hint: expect.stringContaining('every 2 hours'),
    });
    await request(service.url).put(`${at}/nonsense`).set(bearer).send({ cron: '* * * * *' }).expect(404);
    await request(service.url)
      .put(`${at}/refresh`)
      .set(bearer)
      .send({ cron: '* * * * *', timeZone: 'Berlin' })
      .expect(422);
  });

  it('are previewed before they are set', async () => {
    const query = { cron: 'täglich um 4', timeZone: 'UTC', language: 'de' };
    const { body } = await request(service.url)
      .get('/api/v1/schedule-preview')
      .query(query)
      .set(bearer)
      .expect(200);
    expect(body).toMatchObject({ cron: '0 4 * * *', words: 'Um 04:00' });
  });

  it('are started by hand, in the name of who asks, and not twice at a time', async () => {
    await request(service.url).post(`${at}/check/starts`).set(bearer).expect(202);
    const { body } = await request(service.url).get('/api/v1/catalogs/shop/runs').set(bearer).expect(200);
    expect(body.items).toMatchObject([{ kind: 'refresh', startedBy: 'command line' }]);
    const again = await request(service.url).post(`${at}/check/starts`).set(bearer).expect(409);
    expect(again.body.code).toBe('run_in_progress');
    await request(service.url).post(`${at}/nonsense/starts`).set(bearer).expect(404);
  });
});
