// The browser of the tests, and somebody in front of it who writes down what it complains of and whom it asks.

import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from 'playwright-core';

/** What the browser says because the tests, not the screens, want no service worker. */
const BLOCKED = 'Service Worker registration blocked by Playwright';

export function launch(...more: string[]): Promise<Browser> {
  return launchWithout([], ...more);
}

/** The same without what Playwright sets by itself. */
export function launchWithout(ignoreDefaultArgs: string[], ...more: string[]): Promise<Browser> {
  return chromium.launch({
    ignoreDefaultArgs,
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', ...more],
  });
}

export interface Watched extends AsyncDisposable {
  context: BrowserContext;
  page: Page;
  /** What the console said that is no mere information. */
  errors: string[];
  /** Requests to anybody but the server. */
  elsewhere: string[];
}

export async function watch(browser: Browser, url: string, wishes: BrowserContextOptions): Promise<Watched> {
  const context = await browser.newContext({ reducedMotion: 'reduce', timezoneId: 'Europe/Copenhagen', ...wishes });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const errors: string[] = [];
  const elsewhere: string[] = [];
  page.on('console', (said) => ['error', 'warning'].includes(said.type()) && said.text() !== BLOCKED && errors.push(said.text()));
  page.on('pageerror', (error) => errors.push(String(error)));
  context.on('request', (asked) => asked.url().startsWith(`${url}/`) || elsewhere.push(asked.url()));
  return { context, page, errors, elsewhere, [Symbol.asyncDispose]: () => context.close() };
}
