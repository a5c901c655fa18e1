/** A whole service with the sandbox, nobody signed in yet, and people who come in by the browser. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { createClient, type Client } from '../../../services/cli/client.ts';
import type { Config } from '../../../services/config.ts';
import { startService, type Service } from '../../../services/main.ts';
import { startSandbox, type Sandbox } from '../../../services/sandbox/start.ts';
import { buildPage } from '../../support/built-page.ts';
import { testConfig } from '../../support/service.ts';
import { openBrowser, visit, type Look, type Visit } from './browser.ts';

export const password = 'a long enough password';

export interface House {
  folder: string;
  service: Service;
  sandbox: Sandbox;
  /** The command line's way in, to prepare things and to look at what came of them. */
  client: Client;
  browser: Browser;
  stop(): Promise<void>;
}

export async function openHouse(changes: Partial<Config> = {}): Promise<House> {
  buildPage();
  const folder = await mkdtemp(join(tmpdir(), 'shelfcast-e2e-'));
  const config = { ...testConfig(folder), ...changes };
  const sandbox = await startSandbox({ processingMs: 50, fetchImages: false });
  const service = await startService(config);
  const browser = await openBrowser();
  return {
    folder,
    service,
    sandbox,
    client: createClient(service.url, config.apiToken),
    browser,
    async stop() {
      await browser.close();
      await service.stop();
      await sandbox.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Opens the one-time link and becomes the owner, as a person does. */
export async function becomeOwner({ service, browser }: House, look: Look = {}): Promise<Visit> {
  const link = await service.makeOwnerLink();
  if (!link) throw new Error('there is an owner already');
  const visited = await visit(browser, service.url, look);
  const { page } = visited;
  await page.goto(new URL(link).pathname);
  await page.getByLabel('Your name').fill('Olga');
  await page.getByLabel('E-mail address').fill('olga@shop.example');
  await page.locator('input[name=password]').fill(password);
  await page.getByRole('button', { name: 'Begin' }).click();
  // the address changes before the page does: its form must be gone, or the next step fills in the old one
  await page.getByRole('button', { name: 'Begin' }).waitFor({ state: 'detached' });
  await page.getByRole('heading', { level: 1 }).waitFor();
  return visited;
}

export async function signIn({ service, browser }: House, email: string, look: Look = {}): Promise<Visit> {
  const visited = await visit(browser, service.url, look);
  const { page } = visited;
  await page.goto('/sign-in');
  await page.locator('input[name=email]').fill(email);
  await page.locator('input[name=password]').fill(password);
  await page.locator('button[type=submit]').click();
  await page.locator('input[name=password]').waitFor({ state: 'detached' });
  await page.getByRole('heading', { level: 1 }).waitFor();
  return visited;
}

/** A person with this role, invited by the command line, with the password of the tests. */
export async function addPerson({ client, service }: House, role: string, name: string): Promise<string> {
  const email = `${name.toLowerCase()}@shop.example`;
  const { link } = await client.send<{ link: string }>('POST', '/api/v1/users', { email, name, role });
  const answer = await fetch(`${service.url}/session/links/${link.split('/').at(-1)}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-requested-with': 'shelfcast' },
    body: JSON.stringify({ password }),
  });
  if (!answer.ok) throw new Error(await answer.text());
  return email;
}

/** Asks until it is so; an error after two minutes. */
export async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let round = 0; !(await holds()); round++) {
    if (round > 1_200) throw new Error('did not come true within two minutes');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** What is on the page's screen now; for failures. */
export const textOf = (page: Page): Promise<string> => page.locator('body').innerText();

/** All that the page asked for is there, however many places waited for it. */
export const loaded = (page: Page): Promise<void> =>
  page.locator('[aria-busy=true]').first().waitFor({ state: 'detached' });
