/** An import in steps, by the API as the page uses it: the file, its columns, the exact difference, the import. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ImportPreview } from '../../../catalog/preview-import.ts';
import type { Run } from '../../../catalog/run.ts';
import { invite, makeOwner, type Person } from '../../support/people.ts';
import { connectShop, drawImage, endOf, startTestShop, type TestShop } from '../../support/service.ts';

const at = '/api/v1/catalogs/shop';
const head = 'Code,Bezeichnung,Text,Kosten,Bild';
const line = (n: number, price: number, title = `Tasse ${n}`): string =>
  `T-${n},${title},Eine Tasse aus Steinzeug.,${price}.00 EUR,images/a.jpg`;
const mapping = {
  Code: 'sku',
  Bezeichnung: 'title',
  Text: 'description',
  Kosten: 'price',
  Bild: 'image_link',
};

interface Upload {
  id: string;
  columns: string[];
  sampleRows: string[][];
  fields: string[];
}

describe('an import in steps', () => {
  let shop: TestShop;
  let mia: Person;
  let vera: Person;
  const upload = async (rows: readonly string[], by = mia): Promise<Upload> => {
    const text = [head, ...rows].join('\n');
    const { body } = await by.call('post', `${at}/uploads`).type('text/csv').send(text).expect(201);
    return body as Upload;
  };
  const preview = async (id: string): Promise<ImportPreview> =>
    (await mia.call('post', `${at}/uploads/${id}/preview`).send({ mapping }).expect(200)).body as ImportPreview; // prettier-ignore
  const run = async (id: string): Promise<Run> => {
    const { body } = await mia.call('post', `${at}/uploads/${id}/import`).send({ mapping, name: 'tassen.csv' }).expect(202); // prettier-ignore
    return endOf(shop, (body as Run).id);
  };

  beforeAll(async () => {
    shop = await startTestShop();
    const owner = await makeOwner(shop.service);
    mia = await invite(shop.service, owner, 'merchandiser', 'Mia');
    vera = await invite(shop.service, owner, 'viewer', 'Vera');
    await drawImage(shop.folder, 'a.jpg', 800, '#264653');
    await connectShop(shop);
  });
  afterAll(() => shop?.stop());

  it('begins with what is in the file, and may only be made by who may import', async () => {
    const found = await upload([line(1, 10)]);
    expect(found.columns).toEqual(head.split(','));
    expect(found.sampleRows[0]?.[0]).toBe('T-1');
    expect(found.fields).toEqual(expect.arrayContaining(['sku', 'title', 'price']));
    await vera.call('post', `${at}/uploads`).type('text/csv').send(head).expect(403);
    await vera.call('post', `${at}/uploads/${found.id}/preview`).send({ mapping }).expect(403);
    await mia.call('post', `${at}/uploads/..%2F..%2Fetc/preview`).send({ mapping }).expect(404);
  });

  it('shows that all is new, writes nothing by showing it, and does exactly that', async () => {
    const { id } = await upload([line(1, 10), line(2, 12), line(3, 14), line(4, 16), line(5, 18)]);
    const shown = await preview(id);
    expect(shown.products).toEqual({ new: 5, changed: 0, unchanged: 0, removed: 0 });
    expect(shown.samples.new[0]).toEqual(expect.objectContaining({ title: 'Tasse 1', variants: 1 }));
    expect((await shop.client.get<{ products: number }>(`${at}/status`)).products).toBe(0);
    expect((await run(id)).products).toMatchObject({ new: 5, changed: 0, removed: 0 });
  });

  it('shows changed fields with before and after, removals that would wait, and bad rows; and the import agrees', async () => {
    const { id } = await upload([
      line(1, 10),
      line(2, 13),
      line(3, 14, 'Becher 3'),
      'T-9,"Ohne Ende,x,1.00 EUR,a',
    ]);
    const shown = await preview(id);
    expect(shown.products).toMatchObject({ new: 0, changed: 2, unchanged: 1 });
    expect(shown.rows.failed).toBe(1);
    expect(shown.badRows).toHaveLength(1);
    const changes = shown.samples.changed.flatMap((one) => one.changes);
    expect(changes).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ field: 'price', before: '12.00 EUR', after: '13.00 EUR' }),
        expect.objectContaining({ field: 'title', before: 'Tasse 3', after: 'Becher 3' }),
      ]),
    );
    expect(shown.fields.map(({ field }) => field).sort()).toEqual(expect.arrayContaining(['price', 'title']));
    const done = await run(id);
    expect(done.products).toMatchObject({ new: 0, changed: 2, unchanged: 1 });
    expect(done.status === 'held').toBe(shown.hold !== undefined);
  });
});
