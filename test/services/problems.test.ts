/** What the admin page works with: cards, groups of problems, fixes, undo, putting aside, search and views. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import type { Change } from '../../catalog/store/changes.ts';
import type { ItemCard } from '../../feeds/card.ts';
import type { IssueGroup } from '../../feeds/issue-group.ts';
import type { FixOutcome, FixPreview } from '../../jobs/fix-items.ts';
import type { GroupRow } from '../../jobs/open-group.ts';
import { connectShop, drawImage, importText, startTestShop, type TestShop } from '../support/service.ts';

const at = '/api/v1/catalogs/shop';
const long = 'Linen shirt with a soft collar and mother of pearl buttons made in a small workshop by the sea';

interface Fixed {
  change?: Change;
  fixed: number;
  conflicts: FixOutcome[];
  refusedCount: number;
}
interface Page {
  cards: ItemCard[];
  next?: string;
  total: { count: number; atLeast: boolean };
}

describe('the API that the admin page works with', () => {
  let shop: TestShop;
  const groups = async (query = ''): Promise<IssueGroup[]> =>
    (await shop.client.get<{ items: IssueGroup[] }>(`${at}/problems${query}`)).items;
  const group = async (code: string): Promise<IssueGroup | undefined> =>
    (await groups()).find((one) => one.code === code);
  const rows = async (code: string, field: string): Promise<GroupRow[]> =>
    (await shop.client.get<{ items: GroupRow[] }>(`${at}/problems/${code}/items?field=${field}`)).items;
  const page = (query: string): Promise<Page> => shop.client.get<Page>(`${at}/cards?${query}`);
  const fix = (fixes: object[]): Promise<Fixed> => shop.client.send<Fixed>('POST', `${at}/fixes`, { fixes });

  const ask = async (method: string, path: string, body: object, headers: object = {}): Promise<Response> => {
    const own = { authorization: `Bearer ${shop.config.apiToken}`, 'content-type': 'application/json' };
    return fetch(`${shop.service.url}${at}${path}`, {
      method,
      body: JSON.stringify(body),
      headers: { ...own, ...headers },
    });
  };

  beforeAll(async () => {
    shop = await startTestShop();
    await drawImage(shop.folder, 'a.jpg', 800, '#264653');
    await connectShop(shop);
    const lines = ['Handle,Title,Body (HTML),Vendor,Type,Variant SKU,Variant Price,Image Src'];
    for (const n of [1, 2, 3])
      lines.push(`bare-${n},Cotton towel ${n},,Nordhem,Home > Bath,BARE-${n},${n}0.00,images/a.jpg`);
    for (const n of [1, 2])
      lines.push(`long-${n},${long} ${n},A shirt.,Nordhem,Clothing > Shirts,LONG-${n},${n}5.00,images/a.jpg`);
    for (const n of [1, 2, 3, 4])
      lines.push(`mug-${n},Mug ${n},A mug.,Tonwerk,Home > Kitchen,MUG-${n},${n}.00,images/a.jpg`);
    await importText(shop, lines.join('\n'));
  });
  afterAll(() => shop.stop());

  it('groups problems by code and field, what blocks most first, with counts by filter', async () => {
    const all = await groups();
    expect(all[0]).toMatchObject({
      code: 'description_missing', field: 'description', severity: 'error', items: 3, blocked: 3, frees: 3, channels: ['meta'],
    }); // prettier-ignore
    expect(all.at(-1)?.severity).toBe('warning');
    expect((await groups('?severity=warning')).every(({ blocked }) => blocked === 0)).toBe(true);
    expect((await groups('?category=Clothing')).some(({ code }) => code === 'description_missing')).toBe(
      false,
    );
    expect(await groups('?channel=tiktok')).toEqual([]);
  });

  it('opens a group with the value in question and a suggested one, and says which rule it is', async () => {
    const found = await rows('title_long', 'title');
    expect(found).toHaveLength(2);
    const [{ current, suggestion } = { current: '', suggestion: undefined }] = found;
    expect(current).toMatch(/^Linen shirt/);
    expect(suggestion).toMatchObject({ field: 'title', from: 'cut' });
    expect(suggestion?.value.length).toBeLessThanOrEqual(65);
    const rule = await shop.client.get<{
      group: IssueGroup;
      raw: { channel: string }[];
      example: { offerId: string };
      model: { offerId: string; value: string };
    }>(`${at}/problems/description_missing?field=description`);
    expect(rule.group.link).toMatch(/^https:/);
    expect(rule.raw[0]?.channel).toBe('meta');
    expect(rule.example.offerId).toMatch(/^BARE-/);
    // none of its own category keeps to the rule
    expect(rule.model).toMatchObject({ offerId: 'LONG-1', value: 'A shirt.' });
  });

  it('tries a value without writing, then applies it: the item leaves the list at once and is sent without a run', async () => {
    const wish = { offerId: 'BARE-1', field: 'description', value: 'A towel of thick cotton.', seen: '' };
    const { items } = await shop.client.send<{ items: FixPreview[] }>('POST', `${at}/fixes/preview`, {
      fixes: [wish],
    });
    expect(items[0]).toMatchObject({ before: '', after: wish.value });
    expect(items[0]?.gone.map(({ code }) => code)).toEqual(['description_missing']);
    expect((await group('description_missing'))?.items).toBe(3);

    const done = await fix([wish]);
    expect(done).toMatchObject({ fixed: 1, conflicts: [] });
    expect((await group('description_missing'))?.items).toBe(2);
    const accepted = async (): Promise<string | undefined> =>
      (await page('q=BARE-1')).cards[0]?.listings.find(({ channel }) => channel === 'meta')?.status;
    for (let round = 0; round < 200 && (await accepted()) !== 'accepted'; round++)
      await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await accepted()).toBe('accepted');
    expect(shop.sandbox.channel('meta').contents().get('BARE-1')?.['description']).toBe(wish.value);
  });

  it('shows the second of two people what the first did, and loses nothing', async () => {
    const wish = { offerId: 'MUG-1', field: 'title', seen: 'Mug 1' };
    expect((await fix([{ ...wish, value: 'Blue mug' }])).fixed).toBe(1);
    const second = await fix([{ ...wish, value: 'Green mug' }]);
    expect(second).toMatchObject({ fixed: 0, conflicts: [{ outcome: 'conflict', current: 'Blue mug' }] });
    const over = await fix([{ ...wish, seen: 'Blue mug', value: 'Green mug' }]);
    expect(over.fixed).toBe(1);
    await expect(
      shop.client.send('POST', `${at}/changes/${encodeURIComponent('nope')}/undo`),
    ).rejects.toThrow(/no change/);
  });

  it('refuses a value that no item could have, and says why', async () => {
    const answer = await fix([
      { offerId: 'MUG-2', field: 'price', value: 'cheap' },
      { offerId: 'MUG-2', field: 'gtin', value: '4006381333932' },
      { offerId: 'MUG-2', field: 'nonsense', value: '1' },
      { offerId: 'NOBODY', field: 'title', value: 'x' },
    ]);
    expect(answer).toMatchObject({ fixed: 0, refusedCount: 4 });
    expect(answer.change).toBeUndefined();
  });

  it('cures a whole group with its suggestions, and takes it back by the id of the change, but not what changed since', async () => {
    const answer = await ask('POST', '/problems/title_long/fixes', { field: 'title' });
    const lines = (await answer.text())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Fixed & { done?: true });
    const last = lines.at(-1);
    expect(last).toMatchObject({ done: true, fixed: 2 });
    expect(await group('title_long')).toBeUndefined();
    await fix([{ offerId: 'LONG-2', field: 'title', value: 'A name of my own' }]);
    const undone = await shop.client.send<Fixed>(
      'POST',
      `${at}/changes/${encodeURIComponent(last?.change?.id ?? '')}/undo`,
    );
    expect(undone).toMatchObject({
      fixed: 1,
      conflicts: [{ offerId: 'LONG-2', current: 'A name of my own' }],
    });
    expect((await group('title_long'))?.items).toBe(1);
    const { items } = await shop.client.get<{ items: Change[] }>(`${at}/changes?limit=3`);
    expect(items[0]).toMatchObject({ kind: 'undo', count: 1 });
  });

  it('puts a warning aside with a reason, lets an error only wait, and takes both back', async () => {
    const warning = (await groups('?severity=warning')).find(({ items }) => items > 1);
    const wish = { code: warning?.code, field: warning?.field, reason: 'Handmade, there is no such number' };
    const { change, muted } = await shop.client.send<{ change: Change; muted: number }>(
      'POST',
      `${at}/mutes`,
      wish,
    );
    expect(muted).toBe(warning?.items);
    expect(await group(warning?.code ?? '')).toMatchObject({ items: 0, muted: warning?.items });
    await shop.client.send('POST', `${at}/changes/${encodeURIComponent(change.id)}/undo`);
    expect(await group(warning?.code ?? '')).toMatchObject({ items: warning?.items, muted: 0 });

    const error = {
      code: 'description_missing',
      field: 'description',
      reason: 'later',
      offerIds: ['BARE-2'],
    };
    await expect(shop.client.send('POST', `${at}/mutes`, error)).rejects.toThrow(
      /cannot|not be accepted|wait/,
    );
    await shop.client.send('POST', `${at}/mutes`, { ...error, until: new Date(Date.now() + 3_600_000) });
    expect(await group('description_missing')).toMatchObject({ items: 1, muted: 1 });
  });

  it('finds items by beginnings of SKU and title words, filters them, and pages in every order without gaps', async () => {
    const ids = ({ cards }: Page): string[] => cards.map(({ offerId }) => offerId);
    expect(ids(await page('q=long-1'))).toEqual(['LONG-1']);
    expect(ids(await page('q=cott%20tow'))).toEqual(['BARE-1', 'BARE-2', 'BARE-3']);
    expect(ids(await page('category=Home%20%3E%20Kitchen&sort=price&order=down'))).toEqual([
      'MUG-4',
      'MUG-3',
      'MUG-2',
      'MUG-1',
    ]);
    expect(ids(await page('brand=tonwerk&priceFrom=200&priceTo=300'))).toEqual(['MUG-2', 'MUG-3']);
    expect(ids(await page('channel=meta&status=blocked')).sort()).toEqual(['BARE-2', 'BARE-3']);
    const byHand = ids(await page('source=person'));
    expect(byHand).toContain('BARE-1');
    expect([...byHand, ...ids(await page('source=main'))].sort()).toEqual(ids(await page('')).sort());
    expect(ids(await page('code=description_missing&field=description'))).toEqual(['BARE-3']);
    for (const sort of ['id', 'title', 'price', 'changed'])
      for (const filter of ['', '&brand=Nordhem']) {
        const seen: string[] = [];
        let cursor = '';
        do {
          const found = await page(`limit=2&sort=${sort}&order=down${filter}${cursor}`);
          seen.push(...ids(found));
          cursor = found.next ? `&cursor=${encodeURIComponent(found.next)}` : '';
        } while (cursor);
        expect(seen).toHaveLength(new Set(seen).size);
        expect(seen).toHaveLength(filter ? 5 : 9);
      }
    const { cards } = await shop.client.get<Page>(`${at}/search?q=mug`);
    expect(cards).toHaveLength(4);
  });

  it('tells of an item where each field comes from, what each channel gets, and what happened', async () => {
    await fix([{ offerId: 'MUG-3', field: 'color', value: '=blue' }]);
    const item = await shop.client.get<{
      revision: number;
      fields: { field: string; value?: string; origin: { from: string; by?: string } }[];
      channels: { channel: string; row: Record<string, string> }[];
      timeline: { kind: string; at: string }[];
      images: { original: object; prepared: object }[];
    }>(`${at}/items/MUG-3`);
    const origin = (field: string) => item.fields.find((one) => one.field === field)?.origin.from;
    expect([origin('color'), origin('title'), origin('price'), origin('gtin')]).toEqual([
      'override',
      'product',
      'variant',
      'none',
    ]);
    expect(item.channels[0]?.row).toMatchObject({ id: 'MUG-3', color: '=blue' });
    expect(item.timeline.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['seen', 'listing', 'change']),
    );
    expect(item.images[0]).toMatchObject({ original: { width: 800 }, prepared: { width: 800 } });
    const late = await ask(
      'PUT',
      '/items/MUG-3/overrides/color',
      { value: 'red' },
      { 'if-match': `"${item.revision - 1}"` },
    );
    expect(late.status).toBe(409);
    expect(await late.json()).toMatchObject({ code: 'changed_meanwhile' });
  });

  it('gives a view as a CSV that no spreadsheet runs, and keeps views by name', async () => {
    const text = await (
      await shop.client.text(`${at}/cards.csv?brand=Tonwerk&columns=title,price,status_meta`)
    ).text();
    const [head, ...lines] = parse(text, { bom: true }) as string[][];
    expect(head).toEqual(['offer_id', 'title', 'price', 'status_meta']);
    expect(lines.map(([id]) => id)).toEqual(['MUG-1', 'MUG-2', 'MUG-3', 'MUG-4']);
    const view = { name: 'Kitchen', list: 'items', search: { category: 'Home > Kitchen' } };
    await shop.client.send('POST', `${at}/views`, view);
    await shop.client.send('POST', `${at}/views`, { ...view, search: { brand: 'Tonwerk' } });
    const { items } = await shop.client.get<{ items: { id: string; search: object }[] }>(`${at}/views`);
    expect(items).toMatchObject([{ name: 'Kitchen', search: { brand: 'Tonwerk' } }]);
    await shop.client.send('DELETE', `${at}/views/${encodeURIComponent(items[0]?.id ?? '')}`);
    expect((await shop.client.get<{ items: object[] }>(`${at}/views`)).items).toEqual([]);
  });
});
