/** A browser for a test, with what the page did wrong on the way. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { findChromium } from './install-chromium.ts';

export const chromiumPath = findChromium();

/** No sandbox as root, nothing of its own over the network. Each launch has a fresh profile. */
const flags = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
]; // prettier-ignore

export async function openBrowser(): Promise<Browser> {
  if (!chromiumPath) throw new Error('there is no Chromium');
  return chromium.launch({ executablePath: chromiumPath, args: flags });
}

export interface Look {
  width?: number;
  height?: number;
  dark?: boolean;
  language?: 'en' | 'de';
}

export interface Visit {
  context: BrowserContext;
  page: Page;
  /** Errors of the page, refusals of the policy, and requests that left its origin; a good page has none. */
  faults: string[];
}

export async function visit(browser: Browser, origin: string, look: Look = {}): Promise<Visit> {
  const context = await browser.newContext({
    baseURL: origin,
    viewport: { width: look.width ?? 1440, height: look.height ?? 900 },
    colorScheme: look.dark ? 'dark' : 'light',
    locale: look.language === 'de' ? 'de-DE' : 'en-GB',
    timezoneId: 'Europe/Berlin',
    reducedMotion: 'reduce',
  });
  context.setDefaultTimeout(45_000);
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    // an answer that refuses is told here too; the tests look at those themselves
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      faults.push(message.text());
  });
  page.on('request', (request) => {
    if (!/^(data|blob):/.test(request.url()) && new URL(request.url()).origin !== origin)
      faults.push(`left the origin: ${request.url()}`);
  });
  return { context, page, faults };
}

const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
let axe: string | undefined;
interface AxeNode {
  target: string[];
  failureSummary?: string;
}
interface AxeViolation {
  id: string;
  impact?: string | null;
  nodes: AxeNode[];
}

/** Serious and critical violations of WCAG 2.2 AA on the page as it is now, one line each. */
export async function findViolations(page: Page): Promise<string[]> {
  axe ??= await readFile(axePath, 'utf8');
  // evaluated, not added as a script: the page's own policy stays in force
  await page.evaluate(axe);
  const violations = await page.evaluate(async () => {
    const { axe: loaded } = globalThis as unknown as {
      axe: { run(options: object): Promise<{ violations: AxeViolation[] }> };
    };
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
    return (await loaded.run({ runOnly: { type: 'tag', values: tags }, resultTypes: ['violations'] }))
      .violations;
  });
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map(
        ({ target, failureSummary }) =>
          `${id} at ${target.join(' ')}: ${failureSummary?.split('\n')[1]?.trim()}`,
      ),
    );
}
