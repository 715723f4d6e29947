// The whole circle, on the programs that were built: a centre, a box that plays the recorded clinic, its tablet and the desk, both open
// in one Chromium. Somebody at the desk takes a member in, reads what the clinic reads, and warns it; somebody in the clinic answers.
// Nothing here stands in for anything. What is waited for happens by itself.

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { accessFaults, sideways } from '../../shared/tests/calm.ts';
import { launch, watch, type Watched } from '../../shared/tests/chromium.ts';
import { Pictures } from '../../shared/tests/pictures.ts';
import { HOUSE, PROGRAM, Running, does, freePort } from '../../shared/tests/programs.ts';

/** Only catches what hangs: it takes about a minute. */
const HANGS_MS = 240_000;
const WITHIN = { timeout: 60_000, interval: 200 };

let browser: Browser;
let pictures: Pictures;

beforeAll(async () => {
  expect(existsSync(PROGRAM), `${PROGRAM} is not there: cargo build --bin cyberalarm`).toBe(true);
  browser = await launch();
  pictures = await Pictures.open(browser, join(import.meta.dirname, '..'));
});

afterAll(() => browser?.close());

test('what the clinic reads is at the desk, what the desk writes is on the tablet, and the answer comes back', { timeout: HANGS_MS }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cyberalarm-'));
  try {
    await using centre = await startCentre(join(folder, 'centre'));
    await using desk = await watch(browser, centre.url, { viewport: { width: 1440, height: 900 }, locale: 'en-GB' });
    await signIn(desk.page, centre.link);
    const code = await takeIn(desk.page, 'Lægerne Nordlys');
    expect(does('claim', code, '--state', join(folder, 'box'))).toContain('This is a box of Lægerne Nordlys now');

    await using box = await startBox(join(folder, 'box'));
    await using tablet = await watch(browser, box.url, { viewport: { width: 1280, height: 800 }, serviceWorkers: 'block' });
    await tablet.page.goto(box.url);
    await sameWords(desk.page, tablet.page);
    const sent = await warn(desk.page);
    await tablet.page.keyboard.press('Shift');
    await tablet.page.getByRole('heading', { name: 'Falske mails om recepter' }).waitFor({ timeout: 60_000 });
    console.log(`from "Send now" to the tablet's pixels: ${Date.now() - sent} ms`);
    pictures.show('circle/tablet-warning', await tablet.page.screenshot());

    await answer(tablet.page, 'Jeg har set det');
    await expect.poll(() => count(desk.page, 'Seen'), WITHIN).toBe('1');
    pictures.show('circle/desk-seen', await desk.page.screenshot());
    await answer(tablet.page, 'Ikke relevant for os');
    await expect.poll(() => count(desk.page, 'Not relevant'), WITHIN).toBe('1');
    expect(await count(desk.page, 'Seen'), 'a later answer takes the place of an earlier one').toBe('0');
    await isCalm(desk);
    pictures.show('circle/desk-not-relevant', await desk.page.screenshot());

    await desk.page.getByRole('button', { name: 'Take it back' }).click();
    await desk.page.getByRole('dialog').getByRole('button', { name: 'Take it back' }).click();
    await desk.page.getByText('Taken back').waitFor();
    await expect.poll(() => tablet.page.getByText('Falske mails om recepter').count(), WITHIN).toBe(0);

    await everyPage(desk);
    await desk.page.goto(`${centre.url}/#/audit`);
    for (const deed of ['session.begin', 'member.add', 'claim.make', 'incident.read', 'warning.send', 'warning.recall']) {
      await desk.page.getByRole('cell', { name: deed, exact: true }).first().waitFor();
    }
    expect(tablet.errors).toEqual([]);
    expect([...desk.elsewhere, ...tablet.elsewhere]).toEqual([]);
    does('audit', 'verify', '--state', join(folder, 'centre'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

// ---- below: how it is done

interface Served extends AsyncDisposable {
  url: string;
}

async function startCentre(state: string): Promise<Served & { link: string }> {
  const [boxes, desk] = [await freePort(), await freePort()];
  const given = ['central', '--listen', `127.0.0.1:${boxes}`, '--console', `127.0.0.1:${desk}`, '--state', state];
  const program = await Running.start(given, (line) => line.includes(`:${desk}`));
  const link = /http:\/\/\S+#\/sign-in\/\S+/.exec(program.said)?.[0];
  expect(link, program.said).toBeDefined();
  return { url: `http://localhost:${desk}`, link: link!, [Symbol.asyncDispose]: () => program[Symbol.asyncDispose]() };
}

async function startBox(state: string): Promise<Served> {
  const port = await freePort();
  const clinic = join(HOUSE, 'testing/days/clinic');
  const given = ['box', '--listen', `127.0.0.1:${port}`, '--state', state, '--clinic', clinic, '--calm-days', '1', '--speed', '1'];
  const program = await Running.start(given, (line) => line.includes(`:${port}`));
  return { url: `http://127.0.0.1:${port}`, [Symbol.asyncDispose]: () => program[Symbol.asyncDispose]() };
}

async function signIn(page: Page, link: string): Promise<void> {
  await page.goto(link);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('No box has sent an incident yet.').waitFor();
  pictures.show('circle/desk-new', await page.screenshot());
}

/** Takes a member in. Returns the claim code for its box, as somebody reads it off the screen. */
async function takeIn(page: Page, name: string): Promise<string> {
  await page.getByRole('link', { name: 'Members' }).click();
  await page.getByLabel('Name').fill(name);
  await page.getByRole('combobox', { name: 'Region', exact: true }).fill('Nordjylland');
  await page.getByRole('combobox', { name: 'IT supplier' }).fill('Nordklinik It');
  await page.getByRole('button', { name: 'Add a member' }).click();
  await page.getByRole('button', { name: `Claim code ${name}` }).click();
  const shown = await page.getByRole('dialog').locator('pre').textContent();
  await expect.poll(() => page.getByRole('img').evaluate((image: HTMLImageElement) => image.naturalWidth > 0)).toBe(true);
  pictures.show('circle/desk-claim', await page.screenshot());
  await page.keyboard.press('Escape');
  return shown!.replace('cyberalarm claim ', '').trim();
}

/** An incident comes to the open queue by itself; its page says what the card on the tablet says. */
async function sameWords(desk: Page, tablet: Page): Promise<void> {
  await desk.getByRole('link', { name: 'Incidents' }).first().click();
  const row = desk.locator('tr', { hasText: 'En pc prøver at gætte en kode' }).first();
  // What comes while somebody looks at the list waits behind one line.
  await expect.poll(async () => {
    await desk.keyboard.press('n');
    return row.count();
  }, { timeout: 150_000, interval: 500 }).toBe(1);
  pictures.show('circle/desk-queue', await desk.screenshot());
  await row.getByRole('link').click();
  const words = desk.locator('.clinic');
  await words.locator('.title').waitFor();
  const title = (await words.locator('.title').textContent())!;
  const card = async () => {
    // Touched, so that it is no picture on the wall; pressed, where the card is a row that opens.
    await tablet.keyboard.press('Shift');
    const row = tablet.locator('.home').getByRole('button', { name: title, expanded: false });
    if ((await row.count()) > 0) await row.first().click();
    return (await tablet.locator('article').allInnerTexts()).join(' ').replace(/\u2060/g, '').replace(/\s+/g, ' ');
  };
  // Where a device has a name the clinic reads the name, and the centre its type and pseudonym. Everything else is the same, as soon
  // as both have the latest step.
  const differs = async () => {
    const [read, sentences] = [await card(), await words.locator('p, li').allTextContents()];
    return sentences.length > 3 ? sentences.filter((sentence) => !likeIn(sentence.trim()).test(read)) : ['too few sentences'];
  };
  await expect.poll(differs, WITHIN).toEqual([]);
  pictures.show('circle/desk-incident', await desk.screenshot());
  pictures.show('circle/tablet-incident', await tablet.screenshot());
}

/** A sentence of the desk, whatever its devices are called. */
function likeIn(sentence: string): RegExp {
  const parts = sentence.split(/”[^”]+ [0-9a-f]{4}”/).map((part) => part.replace(/\s+/g, ' ').replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(parts.join('”[^”]+”'));
}

/** Writes a warning to everybody. Returns when it was sent. */
async function warn(page: Page): Promise<number> {
  await page.keyboard.press('c');
  for (const [language, headline, what, steps] of [
    ['Danish', 'Falske mails om recepter', 'Nogen sender mails, der ligner post fra apoteket.', 'Åbn ikke filer i dem.'],
    ['English', 'False e-mails about prescriptions', 'Somebody sends e-mails that look like the pharmacy’s.', 'Do not open files in them.'],
  ] as const) {
    const side = page.getByRole('region', { name: language });
    await side.getByLabel('Headline').fill(headline);
    await side.getByLabel('What has happened').fill(what);
    await side.getByLabel('What to do').fill(steps);
  }
  await page.getByLabel('All members').check();
  await page.getByText('Members: 1 · boxes: 1').waitFor();
  await expect.poll(() => page.getByText('These words can be sent.').count(), WITHIN).toBe(1);
  pictures.show('circle/desk-write', await page.screenshot({ fullPage: true }));
  await page.getByRole('button', { name: 'Send …' }).click();
  const sent = Date.now();
  await page.getByRole('dialog').getByRole('button', { name: 'Send now' }).click();
  await page.getByRole('heading', { level: 1, name: 'False e-mails about prescriptions' }).waitFor();
  return sent;
}

async function answer(tablet: Page, word: string): Promise<void> {
  await tablet.keyboard.press('Shift');
  // Beside cards it is a line that opens.
  const line = tablet.getByRole('button', { name: 'Falske mails om recepter', expanded: false });
  if ((await line.count()) > 0) await line.click();
  await tablet.locator('article', { hasText: 'Falske mails' }).getByRole('button', { name: word }).click();
}

/** A figure of a warning's page. */
async function count(desk: Page, what: string): Promise<string | null> {
  return desk.locator('.far div').filter({ has: desk.getByText(what, { exact: true }) }).locator('dd').textContent();
}

async function everyPage(desk: Watched): Promise<void> {
  for (const name of ['Incidents', 'Findings', 'Warnings', 'Boxes', 'Members', 'Audit log']) {
    await desk.page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name }).click();
    await expect.poll(() => desk.page.locator('main').getByText('Fetching …').count(), WITHIN).toBe(0);
    await isCalm(desk);
    pictures.show(`circle/page-${name.toLowerCase().replace(' ', '-')}`, await desk.page.screenshot());
  }
  await desk.page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Boxes' }).click();
  await desk.page.getByRole('link', { name: 'Lægerne Nordlys' }).click();
  await desk.page.getByText('1 of 1').or(desk.page.getByText('hears')).first().waitFor();
  await isCalm(desk);
  pictures.show('circle/page-box', await desk.page.screenshot());
}

async function isCalm(seat: Watched): Promise<void> {
  expect(await accessFaults(seat.page)).toEqual([]);
  expect(await sideways(seat.page)).toEqual([]);
  expect(seat.errors).toEqual([]);
}
