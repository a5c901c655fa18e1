/** The admin page in Chromium, each time with an empty cache: until data stand there, and how typing goes. */
import type { Browser, BrowserContext } from 'playwright-core';
import type { Service } from '../services/main.ts';
import { chromiumPath, openBrowser } from '../test/e2e/support/browser.ts';
import { atMost, plain, type BenchResult } from './result.ts';

const rounds = 5;
const [goalMs, goalKb, goalFreezeMs] = [1_500, 300, 200];
const password = 'a long enough password';

/** Page below the catalog → what stands there when its data do. */
const pages: Record<string, { path: string; shows: string }> = {
  home: { path: '/home', shows: 'section[aria-labelledby=attention], section[aria-label]' },
  issues: { path: '/issues', shows: 'main button[aria-expanded]' },
  products: { path: '/products', shows: 'main a[href*="/products/"]' },
  item: { path: '/products/SKU-7-3', shows: 'section.section' },
};

/** Nothing where there is no Chromium. `at`: the catalog's pages. */
export async function measureInBrowser(service: Service, at: string): Promise<BenchResult[]> {
  if (!chromiumPath) return [];
  const cookie = await becomeOwner(service);
  const browser = await openBrowser();
  try {
    const results: BenchResult[] = [];
    for (const [name, { path, shows }] of Object.entries(pages)) {
      const loads = [];
      for (let round = 0; round < rounds; round++)
        loads.push(await load(browser, service.url, cookie, at + path, shows));
      const times = loads.map(({ ms }) => ms).sort((a, b) => a - b);
      results.push(atMost(`${name} in Chromium, empty cache: data visible, median`, times[rounds >> 1] ?? 0, 'ms', goalMs)); // prettier-ignore
      results.push(atMost(`${name}: compressed script loaded`, (loads[0]?.scriptBytes ?? 0) / 1_000, 'kB', goalKb)); // prettier-ignore
    }
    results.push(await measureTyping(browser, service.url, cookie, `${at}/products`));
    return results;
  } finally {
    await browser.close();
  }
}

async function becomeOwner(service: Service): Promise<string> {
  const link = await service.makeOwnerLink();
  const answer = await fetch(`${service.url}/session/links/${link?.split('/').at(-1)}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-requested-with': 'shelfcast' },
    body: JSON.stringify({ name: 'Bench', email: 'bench@shop.example', password }),
  });
  const [cookie = ''] = answer.headers.getSetCookie();
  return cookie.split(';')[0] ?? '';
}

async function openContext(browser: Browser, origin: string, cookie: string): Promise<BrowserContext> {
  const context = await browser.newContext({ baseURL: origin, viewport: { width: 1440, height: 900 }, locale: 'en-GB' }); // prettier-ignore
  const [name = '', value = ''] = cookie.split('=');
  await context.addCookies([{ name, value, url: origin }]);
  return context;
}

async function load(browser: Browser, origin: string, cookie: string, path: string, shows: string) {
  const context = await openContext(browser, origin, cookie);
  try {
    const page = await context.newPage();
    const sizes: Promise<number>[] = [];
    page.on('requestfinished', (request) => {
      if (request.resourceType() === 'script')
        sizes.push(request.sizes().then(({ responseBodySize }) => responseBodySize));
    });
    const from = performance.now();
    await page.goto(path, { waitUntil: 'commit' });
    await page.locator(shows).first().waitFor();
    const ms = performance.now() - from;
    await page.waitForLoadState('load');
    return { ms, scriptBytes: (await Promise.all(sizes)).reduce((sum, bytes) => sum + bytes, 0) };
  } finally {
    await context.close();
  }
}

/** The longest time during which the page heard no key, while somebody types. */
async function measureTyping(
  browser: Browser,
  origin: string,
  cookie: string,
  path: string,
): Promise<BenchResult> {
  const context = await openContext(browser, origin, cookie);
  try {
    const page = await context.newPage();
    await page.goto(path);
    const box = page.locator('main input[type=search]').first();
    await box.waitFor();
    await page.locator('main a[href*="/products/"]').first().waitFor();
    await page.evaluate(
      'globalThis.longest = 0; new PerformanceObserver((list) => { for (const { duration } of list.getEntries()) globalThis.longest = Math.max(globalThis.longest, duration); }).observe({ type: "longtask" })',
    );
    await box.pressSequentially('linen shirt 12', { delay: 60 });
    await page.waitForURL((url) => url.searchParams.get('q')?.includes('linen shirt 12') === true);
    const longest = Number(await page.evaluate('globalThis.longest'));
    if ((await box.inputValue()) !== 'linen shirt 12') throw new Error('a stroke was lost');
    return longest === 0
      ? plain('typing in the search box: longest task', 0, 'ms')
      : atMost('typing in the search box: longest task', longest, 'ms', goalFreezeMs);
  } finally {
    await context.close();
  }
}
