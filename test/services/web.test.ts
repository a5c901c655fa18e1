import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import request from 'supertest';
import type { Run } from '../../catalog/store/runs.ts';
import { connectShop, drawImage, importText, startTestShop, type TestShop } from '../support/service.ts';

describe('the web server', () => {
  let shop: TestShop;
  let run: Run;
  const bearer = (): string => `Bearer ${shop.config.apiToken}`;
  const ask = () => request(shop.service.url);

  beforeAll(async () => {
    shop = await startTestShop();
    await drawImage(shop.folder, 'a.jpg', 800, '#264653');
    await connectShop(shop);
    run = await importText(
      shop,
      [
        'Handle,Title,Body (HTML),Vendor,Variant SKU,Variant Price,Image Src',
        'lamp,Lamp,A lamp.,Lux,LAMP,10.00,images/a.jpg',
        ',=cmd|calc,No handle.,Lux,X,1.00,images/a.jpg',
      ].join('\n'),
    );
  });
  afterAll(() => shop.stop());

  it('answers nothing of a shop without the token', async () => {
    for (const path of [
      '/api/v1/catalogs',
      '/api/v1/catalogs/shop/listings',
      `/api/v1/runs/${run.id}`,
      '/metrics',
    ])
      expect((await ask().get(path)).status).toBe(401);
    expect((await ask().get('/api/v1/catalogs').set('authorization', 'Bearer wrong')).status).toBe(401);
  });

  it('says which field of a request is wrong, as problem+json', async () => {
    const answer = await ask()
      .put('/api/v1/catalogs/shop')
      .set('authorization', bearer())
      .send({ currency: 'euro' });
    expect(answer.status).toBe(422);
    expect(answer.type).toBe('application/problem+json');
    expect(answer.body.code).toBe('request_invalid');
    expect(answer.body.fields.map(({ path }: { path: string }) => path)).toEqual(
      expect.arrayContaining(['currency', 'shopUrl']),
    );
  });

  it('says 404 for what is not there', async () => {
    const answer = await ask().get('/api/v1/catalogs/nope/status').set('authorization', bearer());
    expect([answer.status, answer.body.code]).toEqual([404, 'catalog_unknown']);
    expect((await ask().get('/files/images/../../api-token')).status).toBe(404);
    expect((await ask().get('/feeds/shop/meta/guess.csv')).status).toBe(404);
  });

  it('gives the rows that went wrong as a CSV that no spreadsheet runs', async () => {
    const answer = await ask()
      .get(`/api/v1/runs/${encodeURIComponent(run.id)}/issues.csv`)
      .set('authorization', bearer());
    expect(answer.status).toBe(200);
    expect(answer.text).toContain('row_without_identity');
    const rows = parse(answer.text, { bom: true }) as string[][];
    expect(rows).toHaveLength(2);
    for (const cell of rows.flat()) expect(cell).not.toMatch(/^[=+@-]/);
  });

  it('streams a run as events to its end', async () => {
    const answer = await ask()
      .get(`/api/v1/runs/${encodeURIComponent(run.id)}/events`)
      .set('authorization', bearer());
    expect(answer.type).toBe('text/event-stream');
    expect(answer.text).toMatch(/^event: run\ndata: \{.*"status":"done"/);
  });

  it('serves prepared images for ever, with ETag and ranges', async () => {
    const { items } = await shop.client.get<{ items: { address: string }[] }>('/api/v1/catalogs/shop/images');
    const path = new URL(items[0]?.address ?? '').pathname;
    const answer = await ask().get(path);
    expect(answer.headers).toMatchObject({
      'content-type': 'image/jpeg',
      'cache-control': expect.stringContaining('immutable'),
    });
    expect(
      (
        await ask()
          .get(path)
          .set('if-none-match', answer.headers['etag'] ?? '')
      ).status,
    ).toBe(304);
    const part = await ask().get(path).set('range', 'bytes=0-9');
    expect([part.status, part.headers['content-length']]).toEqual([206, '10']);
  });

  it('serves a feed with gzip, ETag and ranges, and stops at once at a rotated secret', async () => {
    const { items } = await shop.client.get<{ items: { url: string; format: string }[] }>(
      '/api/v1/catalogs/shop/feeds',
    );
    expect(items.map(({ format }) => format).sort()).toEqual(['csv', 'xml']);
    const path = new URL(items[0]?.url ?? '').pathname;
    const zipped = await ask().get(path).set('accept-encoding', 'gzip');
    expect(zipped.headers['content-encoding']).toBe('gzip');
    expect(zipped.text).toContain('LAMP');
    expect(
      (
        await ask()
          .get(path)
          .set('accept-encoding', 'gzip')
          .set('if-none-match', zipped.headers['etag'] ?? '')
      ).status,
    ).toBe(304);
    expect((await ask().get(path).set('range', 'bytes=0-3')).status).toBe(206);
    await shop.client.send('POST', '/api/v1/catalogs/shop/feeds/meta/rotate');
    expect((await ask().get(path)).status).toBe(404);
  });

  it('looks at an unknown table without importing it, and offers a mapping', async () => {
    const body = new Blob([
      'Artikel;Name;Price;Image\n1;Lamp;10;a.jpg\n',
    ]).stream() as ReadableStream<Uint8Array>;
    const found = await shop.client.upload<{ delimiter: string; columns: string[]; mapping?: object }>(
      '/api/v1/catalogs/shop/inspections',
      body,
      'text/csv',
    );
    expect(found).toMatchObject({ delimiter: ';', columns: ['Artikel', 'Name', 'Price', 'Image'] });
    expect(found.mapping).toMatchObject({ Name: 'title', Price: 'price' });
  });

  it('fails the import of a file that is no catalog, and says what it found', async () => {
    const ended = await importText(shop, 'just some text\nwithout a table\n');
    expect(ended.status).toBe('failed');
    expect(ended.error?.code).toMatch(/^csv_/);
    expect((await shop.client.get<{ products: number }>('/api/v1/catalogs/shop/status')).products).toBe(1);
  });

  it('describes itself, and counts for Prometheus', async () => {
    const { body } = await ask().get('/api/openapi.json');
    expect(Object.keys(body.paths)).toEqual(
      expect.arrayContaining(['/api/v1/catalogs/{catalogId}/imports', '/api/v1/runs/{runId}/events']),
    );
    const { text } = await ask().get('/metrics').set('authorization', bearer());
    expect(text).toMatch(/shelfcast_listings\{catalog="shop",channel="meta",status="accepted"\} 1/);
    expect((await ask().get('/readyz')).body).toMatchObject({ ok: true });
  });

  it('shows the admin page under a strict policy', async () => {
    const page = await ask().get('/');
    expect(page.text).toContain('<title>Shelfcast</title>');
    expect(page.headers['content-security-policy']).toContain("default-src 'none'");
  });
});
