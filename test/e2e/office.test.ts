/** What an owner does beside the catalog, on the German page: people, tokens, views, alerts, backups. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { chromiumPath, visit, type Visit } from './support/browser.ts';
import { becomeOwner, openHouse, password, signIn, until, type House } from './support/house.ts';

const withBrowser = chromiumPath ? describe : describe.skip;
const api = '/api/v1/catalogs/lamp-shop';
const slow = 240_000;
jest.setTimeout(slow);

withBrowser('the owner of a German shop', () => {
  let house: House;
  let owner: Visit;
  let hook: Server;
  const told: string[] = [];
  const at = (path: string): string => `/c/lamp-shop${path}`;

  beforeAll(async () => {
    hook = createServer((req, res) => {
      void text(req).then((body) => (told.push(body), res.end()));
    }).listen(0, '127.0.0.1');
    await once(hook, 'listening');
    house = await openHouse();
    const first = await becomeOwner(house);
    await first.context.close();
    const shop = {
      name: 'Lampen',
      currency: 'EUR',
      country: 'DE',
      language: 'de',
      shopUrl: 'https://lampen.example',
    };
    await house.client.send('PUT', api, shop);
    const rows = ['Handle,Title,Vendor,Variant SKU,Variant Price', 'a,Tischlampe,Lux,A-1,"19,90"', 'b,Leselampe,Hell,B-1,"29,90"']; // prettier-ignore
    const body = new Blob([rows.join('\n')]).stream() as ReadableStream<Uint8Array>;
    await house.client.upload(`${api}/imports?name=lampen.csv`, body, 'text/csv');
    owner = await signIn(house, 'olga@shop.example', { language: 'de' });
  }, slow);
  afterAll(async () => {
    await house?.stop();
    hook?.close();
  });

  it('keeps a view of the products, opens it again, and forgets it', async () => {
    const { page } = owner;
    await page.goto(at('/products?brand=Lux'));
    await page.getByRole('link', { name: 'Tischlampe' }).waitFor();
    await page.getByRole('button', { name: 'Ansichten' }).click();
    await page.getByText('Noch keine Ansichten').waitFor();
    await page.getByLabel('Name der Ansicht').fill('Nur Lux');
    await page.getByRole('button', { name: 'Diese Ansicht sichern' }).click();
    await page.getByRole('button', { name: 'Nur Lux', exact: true }).waitFor();
    await page.goto(at('/products'));
    await page.getByRole('link', { name: 'Leselampe' }).waitFor();
    await page.getByRole('button', { name: 'Ansichten' }).click();
    await page.getByRole('button', { name: 'Nur Lux', exact: true }).click();
    await page.waitForURL((url) => url.searchParams.get('brand') === 'Lux');
    await page.getByRole('link', { name: 'Leselampe' }).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Ansichten' }).click();
    await page.getByRole('button', { name: 'Ansicht Nur Lux vergessen' }).click();
    await page.getByText('Noch keine Ansichten').waitFor();
  });

  it('lets a person in by a link, gives her a new password by another, and she signs out everywhere', async () => {
    const { page } = owner;
    await page.goto(at('/settings?tab=people'));
    await page.locator('input[name=name]').fill('Nora');
    await page.locator('input[name=email]').fill('nora@shop.example');
    await page.getByRole('button', { name: 'Einladen' }).click();
    const dialog = page.getByRole('dialog', { name: 'Ein Einmal-Link' });
    const readLink = async (): Promise<string> => {
      const link = new URL((await dialog.locator('code').textContent()) ?? '');
      await dialog.getByRole('button', { name: 'Schließen' }).click();
      await dialog.waitFor({ state: 'detached' });
      return link.pathname;
    };
    const choosePassword = async (path: string, words: string): Promise<Visit> => {
      const visited = await visit(house.browser, house.service.url, { language: 'de' });
      await visited.page.goto(path);
      await visited.page.getByRole('heading', { name: 'Passwort wählen' }).waitFor();
      await visited.page.locator('input[name=password]').fill(words);
      await visited.page.getByRole('button', { name: 'Loslegen' }).click();
      await visited.page.getByRole('heading', { name: 'Start', level: 1 }).waitFor();
      return visited;
    };
    const invited = await readLink();
    const first = await choosePassword(invited, password);
    const row = page.getByRole('row', { name: /Nora/ });
    await row.getByRole('button', { name: 'Neues Passwort' }).click();
    const renewed = await readLink();
    const second = await choosePassword(renewed, `${password}, a newer one`);
    // the new password ends what was signed in with the old one
    await first.page.reload();
    await first.page.getByRole('heading', { name: 'Anmelden' }).waitFor();
    await first.page.goto(renewed);
    await first.page.getByRole('alert').waitFor();
    const { page: elsewhere } = await visit(house.browser, house.service.url, { language: 'de' });
    await elsewhere.goto('/sign-in');
    await elsewhere.locator('input[name=email]').fill('nora@shop.example');
    await elsewhere.locator('input[name=password]').fill(`${password}, a newer one`);
    await elsewhere.locator('button[type=submit]').click();
    await elsewhere.getByRole('heading', { name: 'Start', level: 1 }).waitFor();
    await second.page.getByRole('button', { name: 'Menü von Nora' }).click();
    await second.page.getByRole('menuitem', { name: 'Überall abmelden' }).click();
    await second.page.getByRole('heading', { name: 'Anmelden' }).waitFor();
    await elsewhere.reload();
    await elsewhere.getByRole('heading', { name: 'Anmelden' }).waitFor();
  });

  it('makes a token that is shown once and may do what it is for, and ends it', async () => {
    const { page } = owner;
    await page.goto(at('/settings?tab=tokens'));
    await page.getByLabel('Wofür').fill('Kasse');
    await page.getByRole('button', { name: 'Token machen' }).click();
    const dialog = page.getByRole('dialog', { name: 'Das neue Token' });
    const secret = (await dialog.locator('code').textContent()) ?? '';
    const ask = async (method: string, path: string): Promise<number> => {
      const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/json' };
      const sent = method === 'GET' ? {} : { body: '{}' };
      return (await fetch(`${house.service.url}${api}${path}`, { method, headers, ...sent })).status;
    };
    expect(await ask('GET', '/status')).toBe(200);
    expect(await ask('POST', '/checks')).toBe(403);
    await dialog.getByRole('button', { name: 'Schließen' }).click();
    await page.reload();
    const row = page.getByRole('row', { name: /Kasse/ });
    await row.getByText('Lesen').waitFor();
    expect(await page.content()).not.toContain(secret);
    await row.getByRole('button', { name: 'Beenden' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Beenden' }).click();
    await page.getByText('Noch keine Tokens').waitFor();
    expect(await ask('GET', '/status')).toBe(401);
  });

  it('says where alerts go and tries it; what is secret does not come back', async () => {
    const { page } = owner;
    const { port } = hook.address() as AddressInfo;
    await page.goto(at('/settings?tab=alerts'));
    await page.getByRole('switch', { name: 'An einen Webhook' }).check();
    await page.getByLabel('Adresse', { exact: true }).fill(`http://127.0.0.1:${port}/a-secret-way`);
    await page.getByLabel('Geheimnis für die Unterschrift').fill('sixteen-letters-secret');
    await page.getByRole('button', { name: 'Speichern' }).click();
    await until(
      async () =>
        (await house.client.get<{ webhook?: object }>('/api/v1/alert-settings')).webhook !== undefined,
    );
    await page.reload();
    await page.getByRole('button', { name: 'Probe senden' }).click();
    await page.getByText('angenommen').waitFor();
    expect(told).toHaveLength(1);
    expect(await page.content()).not.toMatch(/a-secret-way|sixteen-letters/);
  });

  it('makes a backup, which can be fetched, and deletes it', async () => {
    const { page } = owner;
    await page.goto(at('/settings?tab=backups'));
    await page.getByRole('button', { name: 'Sicherung machen' }).click();
    const coming = page.waitForEvent('download');
    await page.locator('a[download]').click();
    expect((await (await coming).createReadStream()).readableEnded).toBe(false);
    await page.getByRole('button', { name: 'Löschen' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Löschen' }).click();
    await page.getByText('Noch keine Sicherung').waitFor();
  });

  it('has met no error on the way, and nothing that left the origin', () => {
    expect(owner.faults).toEqual([]);
  });
});
