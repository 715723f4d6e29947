// The desk in a real Chromium: every case by day and by night is looked at by machine (access, overflow, silence of the console, no
// request elsewhere) and kept as a picture for people; then what it does. No test waits for a clock: the page's own is moved.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accessFaults, sideways } from '../../shared/tests/calm.ts';
import { launch, watch, type Watched } from '../../shared/tests/chromium.ts';
import { Pictures } from '../../shared/tests/pictures.ts';
import { Centre, TOKEN, readCase, type Case } from './serve.ts';

const HERE = join(import.meta.dirname, '..');
const SIZE = { width: 1440, height: 900 };
const NARROW = { width: 1280, height: 720 };
/** The moment of the cases. */
const NOW = '2026-03-12T10:42:07+01:00';
const THEMES = ['light', 'dark'] as const;
const CASES = readdirSync(join(HERE, 'cases'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.json') && path !== 'base.json')
  .map((path) => path.slice(0, -'.json'.length))
  .sort();

let browser: Browser;
let pictures: Pictures;

beforeAll(async () => {
  browser = await launch();
  pictures = await Pictures.open(browser, HERE);
});

afterAll(() => browser?.close());

describe.each(CASES)('%s', (name) => {
  for (const theme of THEMES) test(theme, async () => {
    await using seat = await sit(name, { theme });
    await isThere(seat.page);
    if (name === 'warnings/written' || name === 'warnings/hard') await write(seat.page);
    await isCalm(seat, name);
    expect(await pictures.judge(`${name}-${theme}`, await wholePage(seat.page))).toBeNull();
  });

  test('Danish', async () => {
    await using seat = await sit(name, { lang: 'da' });
    await isThere(seat.page);
    await isCalm(seat, name);
    pictures.show(`${name}-da`, await wholePage(seat.page));
  });

  test('narrow', async () => {
    await using seat = await sit(name, { lang: 'da' });
    await seat.page.setViewportSize(NARROW);
    await isThere(seat.page);
    expect(await sideways(seat.page), name).toEqual([]);
    expect(await spilling(seat.page), name).toEqual([]);
    pictures.show(`${name}-narrow`, await seat.page.screenshot());
  });
});

test('an address that leads nowhere is said in the language of the page', async () => {
  for (const [lang, says] of [['da', 'Her er ikke noget'], ['en', 'There is nothing at this address']] as const) {
    await using seat = await sit('warnings/list', { lang, at: '#/warnings/999' });
    await seat.page.getByRole('heading', { name: says }).waitFor();
    expect(await seat.page.getByText('no GET').count()).toBe(0);
  }
});

describe('the door', () => {
  for (const theme of THEMES) test(`nobody is signed in: how to get a link, ${theme}`, async () => {
    await using seat = await sit('incidents/queue', { theme, closed: true });
    await seat.page.getByText('cyberalarm central link').waitFor();
    await isCalm(seat, 'door');
    expect(await pictures.judge(`door/closed-${theme}`, await seat.page.screenshot())).toBeNull();
  });

  test('a link is used up by a press, and is not left in the address', async () => {
    const shown = readCase('incidents/queue');
    shown.answers['POST /sign-in'] = shown.answers['/session'];
    await using seat = await sit(shown, { closed: true, at: '#/sign-in/00ff' });
    await seat.page.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(seat.centre.told).toEqual([]);
    expect(await pictures.judge('door/link-light', await seat.page.screenshot())).toBeNull();
    await seat.page.getByRole('button', { name: 'Sign in' }).click();
    await seat.page.getByRole('table').waitFor();
    expect(seat.centre.told).toMatchObject([{ method: 'POST', path: '/sign-in', body: { token: '00ff' } }]);
    expect(new URL(seat.page.url()).hash).toBe('#/incidents?state=opened,updated,quiet&order=urgent');
    isQuiet(seat);
  });

  test('a link that was used says so, and how to get another', async () => {
    const shown = { ...readCase('incidents/queue'), refuse: { '/sign-in': { status: 403, problem: 'this link was used', why: 'link' } } };
    await using seat = await sit(shown, { closed: true, at: '#/sign-in/00ff' });
    await seat.page.getByRole('button', { name: 'Sign in' }).click();
    await seat.page.getByRole('alert').filter({ hasText: 'it was used, is too old' }).waitFor();
    await seat.page.getByText('cyberalarm central link').waitFor();
    await seat.page.getByRole('button', { name: 'Dansk' }).click();
    await seat.page.getByRole('alert').filter({ hasText: 'Linket lukkede dig ikke ind: det er brugt' }).waitFor();
  });

  test('who signs out is out', async () => {
    const shown = readCase('incidents/queue');
    shown.answers['DELETE /session'] = null;
    await using seat = await sit(shown);
    await isThere(seat.page);
    await seat.page.getByRole('button', { name: 'Sign out' }).click();
    await seat.page.getByText('cyberalarm central link').waitFor();
    expect(seat.centre.told).toMatchObject([{ method: 'DELETE', path: '/session', token: TOKEN }]);
    await expect.poll(() => seat.centre.listeners).toBe(0);
  });
});

describe('what calls', () => {
  test('menu and title say how much, on every page, and go on by themselves', async () => {
    const shown = readCase('warnings/list');
    await using seat = await sit(shown);
    await isThere(seat.page);
    const menu = (name: string) => seat.page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name });
    await menu('Incidents 3 open, now or today').waitFor();
    await menu('Boxes 1 blind, 0 silent').waitFor();
    expect(await seat.page.title()).toBe('(5) Warnings – Cyberalarm');
    seat.centre.show({ ...shown, answers: { ...shown.answers, '/calls': { urgent: 4, findings: 1, last_finding: 2, blind: 1, silent: 0 } } });
    await expect.poll(() => seat.page.title(), { timeout: 15_000 }).toBe('(6) Warnings – Cyberalarm');
    await isCalm(seat, 'calls');
  });

  test('findings that were seen call no longer', async () => {
    await using seat = await sit('findings/two');
    await isThere(seat.page);
    await expect.poll(() => seat.page.title()).toBe('(4) Findings – Cyberalarm');
    await seat.page.reload();
    await expect.poll(() => seat.centre.asked.filter((asked) => asked.startsWith('/calls')).at(-1)).toBe('/calls?finding=2');
  });
});

describe('an address', () => {
  test('of something that is not there says so, and where to go on', async () => {
    for (const at of ['#/incidents/aaaa/bbbb', '#/findings/99', '#/boxes/aaaa', '#/warnings/aaaa']) {
      await using seat = await sit('incidents/queue', { at });
      await seat.page.getByRole('heading', { name: 'There is nothing at this address' }).waitFor();
      await seat.page.keyboard.press('Escape');
      await seat.page.getByRole('table').waitFor();
      expect(new URL(seat.page.url()).hash).toBe('#/incidents?state=opened,updated,quiet&order=urgent');
    }
  });

  test('without one the desk opens on what is open, the most urgent first', async () => {
    await using seat = await sit('incidents/queue', { at: '' });
    await isThere(seat.page);
    expect(seat.centre.asked.filter((asked) => asked.startsWith('/incidents'))).toEqual(['/incidents?state=opened,updated,quiet&order=urgent&limit=100']);
    expect(await seat.page.getByRole('link', { name: 'Open', exact: true }).getAttribute('aria-current')).toBe('true');
  });
});

describe('a draft', () => {
  test('is there after a reload, after Esc asked, and after the session ended; sent it is gone', async () => {
    const shown = readCase('warnings/written');
    shown.answers['POST /sign-in'] = shown.answers['/session'];
    await using seat = await sit(shown, { at: '#/warnings/write' });
    await isThere(seat.page);
    const title = seat.page.getByRole('region', { name: 'Danish' }).getByLabel('Headline');
    // With nothing to lose Esc asks nothing.
    await seat.page.keyboard.press('Escape');
    await seat.page.getByRole('heading', { level: 1, name: 'Warnings' }).waitFor();
    await seat.page.keyboard.press('c');
    await write(seat.page);
    await seat.page.reload();
    await expect.poll(() => title.inputValue()).toBe('Falske mails om recepter');
    await seat.page.getByText('This is your draft').waitFor();
    await seat.page.getByRole('heading', { level: 1 }).focus();
    await seat.page.keyboard.press('Escape');
    const asks = seat.page.getByRole('dialog', { name: 'Leave the warning?' });
    await isCalm(seat, 'leave');
    expect(await pictures.judge('dialog/leave-light', await seat.page.screenshot())).toBeNull();
    await asks.getByRole('button', { name: 'Leave, keep the draft' }).click();
    await seat.page.getByRole('link', { name: 'Go on with your draft' }).click();
    await expect.poll(() => title.inputValue()).toBe('Falske mails om recepter');
    seat.centre.isClosed = true;
    await seat.page.goto(`${seat.centre.url}/?again#/sign-in/00ff`);
    await seat.page.getByRole('button', { name: 'Sign in' }).click();
    await expect.poll(() => title.inputValue()).toBe('Falske mails om recepter');
    await seat.page.getByRole('button', { name: 'Send …' }).click();
    await seat.page.getByRole('button', { name: 'Send now' }).click();
    await seat.page.getByRole('heading', { level: 1, name: 'False e-mails about prescriptions' }).waitFor();
    expect(await seat.page.evaluate(() => localStorage.getItem('draft:mette'))).toBeNull();
  });

  test('of something else is not overwritten; thrown away it makes room', async () => {
    await using seat = await sit('warnings/written', { at: '#/warnings/write' });
    await isThere(seat.page);
    await write(seat.page);
    await seat.page.goto(`${seat.centre.url}/?other#/warnings/write?finding=2`);
    await seat.page.getByText('To write about what you pressed').waitFor();
    const title = seat.page.getByRole('region', { name: 'English' }).getByLabel('Headline');
    expect(await title.inputValue()).toBe('False e-mails about prescriptions');
    await seat.page.getByRole('button', { name: 'Throw it away …' }).click();
    await seat.page.getByRole('dialog').getByRole('button', { name: 'Throw it away' }).click();
    await expect.poll(() => title.inputValue()).not.toBe('False e-mails about prescriptions');
  });

  test('from a finding names those who met it, and what it is', async () => {
    await using seat = await sit('findings/one');
    await isThere(seat.page);
    await seat.page.getByRole('link', { name: 'Write a warning to them' }).click();
    await seat.page.getByText('Members by name: 4').waitFor();
    await expect.poll(() => (seat.centre.told.at(-1)?.body as { audience: object } | undefined)?.audience).toMatchObject({ all: false, members: [1, 2, 3, 5] });
    await seat.page.getByRole('checkbox', { name: 'Klinik Havblik' }).click();
    await seat.page.getByText('Members by name: 3').waitFor();
    expect(await seat.page.getByRole('region', { name: 'English' }).getByLabel('What has happened').inputValue()).toBe('4 places in the health sector have met the same domain. The sign is dns-tunnel.');
  });
});

describe('the queue', () => {
  test('is searched, and exercises are hidden, by the address; all kinds can be chosen', async () => {
    await using seat = await sit('incidents/one', { at: '#/incidents' });
    await isThere(seat.page);
    await seat.page.keyboard.press('/');
    await seat.page.keyboard.type('klinik nord');
    await seat.page.keyboard.press('Enter');
    await expect.poll(() => new URL(seat.page.url()).hash).toBe('#/incidents?text=klinik%20nord');
    await seat.page.getByLabel('Exercises').selectOption('Hidden');
    await expect.poll(() => seat.centre.asked.filter((asked) => asked.startsWith('/incidents')).at(-1)).toBe('/incidents?exercise=hidden&text=klinik%20nord&limit=100');
    // Of a kind that no row has.
    expect(await seat.page.getByLabel('Sign').locator('option').allTextContents()).toContain('new-device');
  });

  test('what is new waits behind one line, what is known changes where it stands, nothing moves', async () => {
    const shown = readCase('incidents/queue');
    await using seat = await sit(shown);
    await isThere(seat.page);
    const titles = () => seat.page.locator('tbody tr').evaluateAll((rows) => rows.map((row) => row.textContent?.replace(/\s+/g, ' ').trim()));
    const before = await titles();
    const queue = shown.answers['/incidents'] as { incidents: { incident: { id: string; state: string; last_seen: string } }[]; next: null };
    const [first, second, ...rest] = structuredClone(queue.incidents);
    const coming = structuredClone(first!);
    coming.incident.id = 'ffffffffffffffff';
    coming.incident.last_seen = '2026-03-12T09:42:00Z';
    second!.incident.state = 'closed';
    seat.centre.show({ ...shown, answers: { ...shown.answers, '/incidents': { ...queue, incidents: [coming, first, second, ...rest] } } });
    await seat.page.getByRole('button', { name: '1 new' }).waitFor();
    const after = await titles();
    expect(after).toHaveLength(before.length);
    expect(after[0]).toBe(before[0]);
    expect(after[1]).toContain('Closed');
    await isCalm(seat, 'incidents/new');
    expect(await pictures.judge('incidents/new-light', await seat.page.screenshot())).toBeNull();
    await seat.page.keyboard.press('n');
    await expect.poll(async () => (await titles()).length).toBe(before.length + 1);
    expect(await seat.page.getByRole('button', { name: '1 new' }).count()).toBe(0);
  });

  test('filters are the address: pressed, linked, cleared', async () => {
    await using seat = await sit('incidents/queue');
    await isThere(seat.page);
    await seat.page.getByLabel('Today').check();
    await seat.page.getByLabel('Member').selectOption('3');
    await expect.poll(() => seat.centre.asked.at(-1)).toBe('/incidents?due=today&member=3&limit=100');
    const { hash } = new URL(seat.page.url());
    expect(hash).toBe('#/incidents?due=today&member=3');
    const other = await seat.context.newPage();
    await other.goto(`${seat.centre.url}/${hash}`);
    await other.locator('table').waitFor();
    expect(await other.getByLabel('Today').isChecked()).toBe(true);
    expect(await other.getByLabel('Member').inputValue()).toBe('3');
    await seat.page.getByRole('link', { name: 'Clear filters' }).click();
    await expect.poll(() => seat.centre.asked.at(-1)).toBe('/incidents?limit=100');
    await seat.page.goBack();
    await expect.poll(() => seat.page.getByLabel('Today').isChecked()).toBe(true);
  });

  test('two choices in one breath both stand in the address', async () => {
    await using seat = await sit('incidents/queue');
    await isThere(seat.page);
    // Both before the browser has told anybody that the address is another.
    await seat.page.evaluate(() => {
      document.querySelector<HTMLElement>('main fieldset input')!.click();
      document.querySelector<HTMLElement>('main [data-urgent]')!.click();
    });
    await expect.poll(() => new URL(seat.page.url()).hash).toBe('#/incidents?due=now&order=urgent');
    await expect.poll(() => seat.centre.asked.at(-1)).toBe('/incidents?due=now&order=urgent&limit=100');
  });

  test('by key alone: down, open, back to the same row, filters, help, another page', async () => {
    const shown = readCase('incidents/one');
    await using seat = await sit(shown, { at: '#/incidents' });
    await isThere(seat.page);
    const { keyboard } = seat.page;
    const focused = () => seat.page.evaluate(() => document.activeElement?.textContent?.trim());
    const rows = await seat.page.locator('tbody a[data-row]').allTextContents();
    await keyboard.press('j');
    await keyboard.press('j');
    await keyboard.press('j');
    expect(await focused()).toBe(rows[1]);
    await keyboard.press('k');
    await keyboard.press('Enter');
    await seat.page.getByRole('heading', { level: 1, name: rows[0]! }).waitFor();
    await keyboard.press('Escape');
    await isThere(seat.page);
    await expect.poll(focused).toBe(rows[0]);
    await keyboard.press('/');
    expect(await seat.page.evaluate(() => document.activeElement?.hasAttribute('data-filter'))).toBe(true);
    await keyboard.press('Tab');
    await keyboard.press('Space');
    await expect.poll(() => new URL(seat.page.url()).hash).toBe('#/incidents?due=now');
    await keyboard.press('u');
    await expect.poll(() => new URL(seat.page.url()).hash).toBe('#/incidents?due=now&order=urgent');
    await keyboard.press('?');
    await seat.page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await isCalm(seat, 'keys');
    expect(await pictures.judge('keys-light', await seat.page.screenshot())).toBeNull();
    await keyboard.press('Escape');
    await keyboard.press('g');
    await keyboard.press('w');
    await seat.page.getByRole('heading', { level: 1, name: 'Warnings' }).waitFor();
    await keyboard.press('c');
    await seat.page.getByRole('heading', { level: 1, name: 'Write a warning' }).waitFor();
    isQuiet(seat);
  });

  test('the centre dies: it is said, and what stands there stays', async () => {
    await using seat = await sit('incidents/queue');
    await isThere(seat.page);
    const rows = await seat.page.locator('tbody tr').count();
    await seat.centre.die();
    await seat.page.getByRole('status').filter({ hasText: 'No contact with the centre' }).waitFor();
    expect(await seat.page.locator('tbody tr').count()).toBe(rows);
    seat.forget(); // the browser says that nobody answers; that is what is tried here
    await isCalm(seat, 'lost');
    expect(await pictures.judge('incidents/lost-light', await seat.page.screenshot())).toBeNull();
  });
});

describe('what is written down', () => {
  test('an open incident is read once, however much is new elsewhere', async () => {
    const shown = readCase('incidents/one');
    await using seat = await sit(shown);
    await isThere(seat.page);
    const path = shown.at.replace('#', '');
    const reads = () => seat.centre.asked.filter((asked) => asked === path).length;
    const lists = () => seat.centre.asked.filter((asked) => asked.startsWith('/incidents?member=')).length;
    const before = lists();
    seat.centre.show(shown);
    await expect.poll(lists).toBeGreaterThan(before);
    expect(reads()).toBe(1);
    const grown = structuredClone(shown);
    (grown.answers['/incidents'] as { incidents: { incident: { at: string } }[] }).incidents[0]!.incident.at = '2026-03-12T09:43:00Z';
    seat.centre.show(grown);
    await expect.poll(reads).toBe(2);
  });
});

describe('what is pressed', () => {
  test('a box is revoked after one question', async () => {
    await using seat = await sit('boxes/gaps');
    await isThere(seat.page);
    await seat.page.getByRole('button', { name: 'Revoke this box' }).click();
    const dialog = seat.page.getByRole('dialog', { name: 'Revoke the box of Tandlægerne Torvet?' });
    await isCalm(seat, 'dialog');
    expect(await pictures.judge('dialog/revoke-light', await seat.page.screenshot())).toBeNull();
    expect(seat.centre.told).toEqual([]);
    await dialog.getByRole('button', { name: 'Revoke' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect(seat.centre.told).toMatchObject([{ method: 'POST', path: expect.stringMatching(/^\/boxes\/[0-9a-f]{32}\/revoke$/), token: TOKEN }]);
  });

  test('an analyst sees that only an administrator does', async () => {
    await using seat = await sit('boxes/blind');
    await isThere(seat.page);
    await seat.page.getByText('Only an administrator').waitFor();
    expect(await seat.page.getByRole('button', { name: 'Revoke' }).count()).toBe(0);
    expect(await seat.page.getByRole('link', { name: 'Audit log' }).count()).toBe(0);
  });

  test('a member is added, and a code for it is text and picture', async () => {
    await using seat = await sit('members/list');
    await isThere(seat.page);
    await seat.page.getByLabel('Name').fill('Klinik Solsikken');
    await seat.page.getByLabel('Kind').selectOption('pharmacy');
    await seat.page.getByRole('button', { name: 'Add a member' }).click();
    await seat.page.getByText('Klinik Solsikken is member number 7.').waitFor();
    expect(seat.centre.told.at(-1)).toMatchObject({ path: '/members', body: { name: 'Klinik Solsikken', kind: 'pharmacy' } });
    await seat.page.getByRole('button', { name: 'Claim code Fysioterapi Åløkke' }).click();
    await seat.page.getByRole('dialog').getByText('cyberalarm claim cyberalarm:1:').waitFor();
    await expect.poll(() => seat.page.getByRole('img').evaluate((image: HTMLImageElement) => image.naturalWidth > 0)).toBe(true);
    expect(seat.centre.told.at(-1)).toMatchObject({ path: '/claims', body: { member: 4 } });
    await isCalm(seat, 'claim');
    expect(await pictures.judge('dialog/claim-light', await seat.page.screenshot())).toBeNull();
  });

  test('a member is changed, and one who has boxes stays', async () => {
    const shown = { ...readCase('members/list') };
    await using seat = await sit(shown);
    await isThere(seat.page);
    await seat.page.getByRole('button', { name: 'Change Fysioterapi Åløkke' }).click();
    await seat.page.getByRole('heading', { name: 'Change Fysioterapi Åløkke' }).waitFor();
    await isCalm(seat, 'change');
    expect(await pictures.judge('members/change-light', await seat.page.screenshot())).toBeNull();
    await seat.page.getByLabel('Name').fill('Fysioterapi Ny Åløkke');
    await seat.page.getByRole('button', { name: 'Save' }).click();
    await seat.page.getByText('Fysioterapi Ny Åløkke is changed.').waitFor();
    expect(seat.centre.told.at(-1)).toMatchObject({ method: 'PUT', path: '/members/4', token: TOKEN, body: { name: 'Fysioterapi Ny Åløkke', kind: 'physiotherapist' } });
    seat.centre.show({ ...shown, refuse: { '/members/4': { status: 409, problem: 'this member has boxes', why: 'has_boxes' } } });
    await seat.page.getByRole('button', { name: 'Change Fysioterapi Åløkke' }).click();
    await seat.page.getByRole('button', { name: 'Remove …' }).click();
    const dialog = seat.page.getByRole('dialog', { name: 'Remove Fysioterapi Åløkke?' });
    await dialog.getByRole('button', { name: 'Remove' }).click();
    await dialog.getByRole('alert').filter({ hasText: 'This member has boxes, or had them.' }).waitFor();
    seat.centre.show(shown);
    await dialog.getByRole('button', { name: 'Remove' }).click();
    await seat.page.getByText('Fysioterapi Åløkke is removed.').waitFor();
    seat.forget(); // the browser says that it was refused; that is what is tried here
  });

  test('a warning: judged as one writes, counted before it is sent, then its own page', async () => {
    await using seat = await sit('warnings/written');
    await isThere(seat.page);
    await write(seat.page);
    await seat.page.getByLabel('Nordklinik It').check();
    await expect.poll(() => (seat.centre.told.at(-1)?.body as { audience: object }).audience).toMatchObject({ all: false, suppliers: ['Nordklinik It'] });
    await seat.page.getByRole('button', { name: 'Send …' }).click();
    const dialog = seat.page.getByRole('dialog', { name: 'Send it? Members: 3 · boxes: 4' });
    await isCalm(seat, 'send');
    expect(seat.centre.told.every((told) => told.path === '/warnings/draft')).toBe(true);
    // What is judged comes after a pause, not with each letter.
    expect(seat.centre.told.length).toBeLessThan(12);
    await dialog.getByRole('button', { name: 'Send now' }).click();
    await seat.page.getByRole('heading', { level: 1, name: 'False e-mails about prescriptions' }).waitFor();
    expect(seat.centre.told.filter((told) => told.path === '/warnings')).toMatchObject([
      { token: TOKEN, body: { text: { da: { title: 'Falske mails om recepter', steps: ['Åbn ikke filen.', 'Ring til jeres leverandør.'] } }, days: 14, is_exercise: false } },
    ]);
    isQuiet(seat);
  });

  test('words that are too hard are not sent, and what is wrong stands under them', async () => {
    await using seat = await sit('warnings/hard');
    await isThere(seat.page);
    await write(seat.page);
    await seat.page.getByText('too hard to read: LIX 48, at most 35').waitFor();
    expect(await seat.page.getByRole('button', { name: 'Send …' }).isDisabled()).toBe(true);
  });

  test('what is wrong twice is said once', async () => {
    const shown = readCase('warnings/hard');
    const judged = shown.answers['POST /warnings/draft'] as { faults: { lang: string }[] };
    judged.faults.push({ ...judged.faults[0]! });
    await using seat = await sit(shown);
    await isThere(seat.page);
    await write(seat.page);
    expect(await seat.page.getByText('too hard to read: LIX 48, at most 35').count()).toBe(1);
    isQuiet(seat);
  });

  test('light and language are kept', async () => {
    await using seat = await sit('incidents/queue');
    await isThere(seat.page);
    const page = () => seat.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await page();
    await seat.page.getByLabel('Light').selectOption('dark');
    expect(await page()).not.toBe(light);
    await seat.page.getByLabel('Language').selectOption('da');
    await seat.page.reload();
    await seat.page.getByRole('heading', { name: 'Hændelser' }).waitFor();
    expect(await seat.page.locator('html').getAttribute('lang')).toBe('da');
    expect(await page()).not.toBe(light);
  });

  test('the log goes back page by page', async () => {
    await using seat = await sit('audit/page');
    await isThere(seat.page);
    await seat.page.getByRole('link', { name: 'Older' }).click();
    await expect.poll(() => seat.centre.asked.at(-1)).toBe('/audit?before=277');
    await seat.page.getByRole('link', { name: 'Newest' }).waitFor();
  });
});

// ---- below: how it is done

interface Seat extends Watched {
  centre: Centre;
  forget(): void;
}

interface Wishes {
  theme?: 'light' | 'dark';
  lang?: 'da' | 'en';
  closed?: boolean;
  at?: string;
}

/** Somebody sits down at a centre that answers from a case. */
async function sit(of: string | Case, { theme = 'light', lang = 'en', closed = false, at }: Wishes = {}): Promise<Seat> {
  const shown = typeof of === 'string' ? readCase(of) : of;
  const centre = await new Centre(shown).start();
  centre.isClosed = closed;
  const seat = await watch(browser, centre.url, { viewport: SIZE, colorScheme: theme });
  const { page, errors } = seat;
  await page.clock.setFixedTime(NOW);
  await page.addInitScript((lang) => localStorage.getItem('lang') ?? localStorage.setItem('lang', lang), lang);
  await page.goto(`${centre.url}/${at ?? shown.at}`);
  if (shown.refuse) await page.getByRole('alert').waitFor({ timeout: 5_000 }).catch(() => undefined);
  // What a case refuses the browser complains of; that is what the case is about.
  if (shown.refuse) errors.splice(0);
  return {
    ...seat, centre,
    forget: () => void errors.splice(0),
    async [Symbol.asyncDispose]() {
      await seat.context.close();
      await centre.die().catch(() => undefined);
    },
  };
}

/** Waits until a page has what it asked for. */
async function isThere(page: Page): Promise<void> {
  await page.locator('main h1').waitFor();
  await expect.poll(() => page.locator('main').getByText(/^(Fetching|Henter|Looking at it|Ser på det) …$/).count()).toBe(0);
  await expect.poll(() => page.locator('.hearing.live').count()).toBe(1);
  await page.evaluate(() => document.fonts.ready);
}

/** A picture of all of a long page; what sticks to the edge of the window would lie across it. */
async function wholePage(page: Page): Promise<Buffer> {
  await page.evaluate(() => document.querySelectorAll<HTMLElement>('.menu, .send').forEach((bar) => (bar.style.position = 'static')));
  return page.screenshot({ fullPage: true });
}

async function write(page: Page): Promise<void> {
  const [da, en] = [page.getByRole('region', { name: 'Danish' }), page.getByRole('region', { name: 'English' })];
  await da.getByLabel('Headline').fill('Falske mails om recepter');
  await da.getByLabel('What has happened').fill('Flere klinikker får mails, der ligner post fra apoteket.');
  await da.getByLabel('What to do').fill('Åbn ikke filen.\n\nRing til jeres leverandør.');
  await en.getByLabel('Headline').fill('False e-mails about prescriptions');
  await en.getByLabel('What has happened').fill('Several clinics get e-mails that look like the pharmacy’s.');
  await en.getByLabel('What to do').fill('Do not open the file.\nCall your supplier.');
  await page.getByText('of 55 words').first().waitFor();
  await expect.poll(() => page.getByText('Looking at it …').count()).toBe(0);
}

/** Columns and plates with something in them that is wider than they are, and lies across what stands beside them. */
function spilling(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('main div, main section, main form')]
      .filter((one) => one.scrollWidth > one.clientWidth + 1 && !['auto', 'scroll'].includes(getComputedStyle(one).overflowX))
      .map((one) => `${one.tagName}.${one.className}: ${one.scrollWidth} in ${one.clientWidth}`),
  );
}

/** What holds of every page. */
async function isCalm(seat: Seat, name: string): Promise<void> {
  expect(await accessFaults(seat.page), name).toEqual([]);
  expect(await sideways(seat.page), name).toEqual([]);
  isQuiet(seat);
}

function isQuiet(seat: Seat): void {
  expect(seat.errors).toEqual([]);
  expect(seat.elsewhere).toEqual([]);
}
