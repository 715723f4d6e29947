// The machine's own Chromium, and a page in it whose every complaint, and every request to somewhere else, is written down.

import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';

/** What the browser says because the tests, not the tablet, want no service worker. */
const BLOCKED = 'Service Worker registration blocked by Playwright';

export interface Watched extends AsyncDisposable {
  page: Page;
  errors: string[];
  elsewhere: string[];
}

export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
}

/** A tablet of its own: nothing is shared with the others. */
export async function watched(browser: Browser, home: string, wishes: BrowserContextOptions): Promise<Watched> {
  const context = await browser.newContext({ reducedMotion: 'reduce', timezoneId: 'Europe/Copenhagen', serviceWorkers: 'block', ...wishes });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const errors: string[] = [];
  const elsewhere: string[] = [];
  page.on('console', (said) => ['error', 'warning'].includes(said.type()) && said.text() !== BLOCKED && errors.push(said.text()));
  page.on('pageerror', (error) => errors.push(String(error)));
  context.on('request', (asked) => new URL(asked.url()).origin === home || elsewhere.push(asked.url()));
  return {
    page, errors, elsewhere,
    [Symbol.asyncDispose]: () => context.close(),
  };
}
