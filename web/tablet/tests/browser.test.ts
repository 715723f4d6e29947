// The tablet in a real Chromium: every case in both languages and both orientations is looked at by machine (access,
// overflow, size of targets, silence of the console, no request elsewhere) and kept as a picture for people; then what it
// does over time. No test waits for a clock: the page's own is moved.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accessFaults, sideways } from '../../shared/tests/calm.ts';
import { launch, launchWithout, watch } from '../../shared/tests/chromium.ts';
import { Pictures } from '../../shared/tests/pictures.ts';
import { Box, TOKEN, readCase, type Lang } from './serve.ts';

const TARGET_PX = 52;
const FIRST_VIEW_BYTES = 100_000;
/** Times are printed, for people to judge: the machine that tests is not the tablet. More than ten times what is wanted is a hang. */
const INTERACTIVE_MS = 1_000;
const EVENT_TO_PIXELS_MS = 300;
const HANGS = 10;
const SILENT_MS = 90_000;
/** Wanted when nobody takes the line; it is the browser that tries, so twice as long is a hang. */
const GREY_MS = 10_000;

const SIZES = [{ width: 1280, height: 800 }, { width: 800, height: 1280 }];
const LANGS: Lang[] = ['da', 'en'];
const CASES = readdirSync(join(import.meta.dirname, '../cases'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.json'))
  .map((path) => path.slice(0, -'.json'.length))
  .sort();

/** The moment of the cases. */
const NOW = '2026-03-12T10:42:07+01:00';

let browser: Browser;
let pictures: Pictures;

beforeAll(async () => {
  browser = await launch();
  pictures = await Pictures.open(browser, join(import.meta.dirname, '..'));
});

afterAll(() => browser?.close());

describe.each(CASES)('%s', (name) => {
  for (const lang of LANGS) for (const size of SIZES) test(`${lang} ${size.width}x${size.height}`, async () => {
    await using seat = await sit(name, { lang, size });
    await goTo(seat.page, name);
    await calmPage(seat, name);
    const png = name.startsWith('home/') ? await seat.page.screenshot() : await wholeScreen(seat.page);
    expect(await pictures.judge(`${name}-${lang}-${size.width}x${size.height}`, png)).toBeNull();
  });
});

describe('the wall', () => {
  for (const name of ['ok', 'attention-today', 'act', 'act-seen', 'act-blind', 'unknown-blind', 'recording', 'warning-and-card', 'warning-and-blind']) for (const size of SIZES)
    test(`${name} ${size.width}x${size.height}`, async () => {
      await using seat = await sit(`home/${name}`, { size, clock: true });
      await headline(seat.page);
      await seat.page.clock.runFor(61_000);
      await seat.page.locator('.wall').waitFor();
      const png = await seat.page.screenshot();
      await calmPage(seat, `home/${name}`);
      const phone = await seat.page.locator('.wall').getByText('70 00 00 01').count();
      expect(phone).toBe(name.startsWith('act') || name === 'recording' ? 1 : 0);
      const letters = await seat.page.locator('.wall').getByText('Falske mails om recepter').count();
      expect(letters).toBe(name.startsWith('warning') ? 1 : 0);
      expect(await pictures.judge(`wall/${name}-${size.width}x${size.height}`, png)).toBeNull();
    });

  test('a touch wakes it and presses nothing', async () => {
    await using seat = await sit('home/act', { clock: true });
    await headline(seat.page);
    const button = await seat.page.getByRole('button', { name: 'Jeg har set det' }).boundingBox();
    await seat.page.clock.runFor(61_000);
    await seat.page.locator('.wall').waitFor();
    await seat.page.mouse.click(button!.x + 10, button!.y + 10);
    await seat.page.locator('.wall').waitFor({ state: 'detached' });
    await seat.page.getByRole('button', { name: 'Jeg har set det' }).waitFor();
    expect(seat.box.told).toEqual([]);
  });

  test('it comes back to the first screen, but not away from what is not saved', async () => {
    await using seat = await sit('settings/filled', { clock: true });
    await goTo(seat.page, 'settings/filled');
    await seat.page.getByLabel('Klinikkens navn').fill('Lægehuset Sol');
    await seat.page.clock.runFor(61_000);
    await seat.page.locator('.wall').click();
    expect(await seat.page.getByLabel('Klinikkens navn').inputValue()).toBe('Lægehuset Sol');
    await seat.page.getByRole('link', { name: 'Historik' }).click();
    await seat.page.getByRole('button', { name: 'Gem ikke' }).click();
    await seat.page.clock.runFor(61_000);
    await seat.page.locator('.wall').click();
    await seat.page.locator('.hero').waitFor();
  });
});

describe('what is pressed', () => {
  test('seen: the box is told, with the token', async () => {
    await using seat = await sit('home/act');
    await seat.page.getByRole('button', { name: 'Jeg har set det' }).click();
    await expect.poll(() => seat.box.told).toEqual([{ method: 'POST', path: '/cards/k-2214/seen', token: TOKEN, body: '{}' }]);
    seat.box.show('home/act-seen');
    await seat.page.getByText('I gang · Set kl. 10.33').waitFor();
    expect(await seat.page.locator('.hero.act').count()).toBe(1);
  });

  test('solved: asks who says so, and the focus comes back', async () => {
    await using seat = await sit('home/act');
    const opener = seat.page.getByRole('button', { name: 'Det er løst' });
    await opener.click();
    const dialog = seat.page.getByRole('dialog', { name: 'Hvem siger, at det er løst?' });
    await dialog.waitFor();
    await calmPage(seat, 'dialog');
    expect(await pictures.judge('dialog/solved', await seat.page.screenshot())).toBeNull();
    await seat.page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    expect(await opener.evaluate((button) => button === document.activeElement)).toBe(true);
    await opener.click();
    await dialog.getByRole('button', { name: 'leverandøren' }).click();
    await expect.poll(() => seat.box.told.at(-1)?.body).toBe('{"by":"supplier"}');
  });

  test('known: asks for how long', async () => {
    await using seat = await sit('home/attention-week', { size: SIZES[1]! });
    await seat.page.getByRole('button', { name: 'Det er vores' }).click();
    const dialog = seat.page.getByRole('dialog', { name: 'Hvor længe' });
    await calmPage(seat, 'dialog');
    expect(await pictures.judge('dialog/known', await seat.page.screenshot())).toBeNull();
    await dialog.getByRole('button', { name: '90 dage' }).click();
    await expect.poll(() => seat.box.told.at(-1)).toMatchObject({ path: '/cards/k-2207/known', body: '{"days":90}' });
  });

  test('a warning beside cards: seen at once, opened, answered, and taken back', async () => {
    await using seat = await sit('home/warning-and-card');
    const line = seat.page.getByRole('button', { name: 'Falske mails om recepter' });
    expect(await line.textContent()).toContain('I dag');
    const { y, height } = (await line.boundingBox())!;
    expect(y + height, 'in sight above the cards').toBeLessThan((await seat.page.locator('article').boundingBox())!.y);
    await line.click();
    await seat.page.locator('article.warning').getByText('I dag').waitFor();
    await calmPage(seat, 'warning');
    expect(await pictures.judge('home/warning-unfolded', await seat.page.screenshot())).toBeNull();
    await seat.page.getByRole('button', { name: 'Ikke relevant for os' }).click();
    await expect.poll(() => seat.box.told.at(-1)).toMatchObject({
      path: '/warnings/77aa01be9920c1d3/answer', body: '{"answer":"not_relevant"}',
    });
    seat.box.show('home/warning-answered');
    const away = seat.page.locator('.away', { hasText: 'bookingsystem' });
    await away.getByRole('button', { name: 'Fortryd' }).click();
    await expect.poll(() => seat.box.told.at(-1)).toMatchObject({
      path: '/warnings/88bb01be9920c1d3/answer', body: '{"answer":"seen"}',
    });
  });

  test('a row opens, takes the focus, and closes the other', async () => {
    await using seat = await sit('home/three-cards');
    await seat.page.getByRole('button', { name: 'gætte en kode' }).click();
    await seat.page.getByRole('heading', { name: 'Nogen prøver at gætte en kode' }).waitFor();
    expect(await seat.page.evaluate(() => document.activeElement?.id)).toBe('card-k-2209');
    expect(await seat.page.locator('article').count()).toBe(1);
    expect(await seat.page.getByRole('button', { expanded: false }).count()).toBe(2);
  });

  test('the language: words of the box and of the tablet, kept for the next time', async () => {
    await using seat = await sit('home/act');
    await seat.page.getByRole('button', { name: 'English' }).click();
    await seat.page.getByRole('heading', { name: 'supplier now' }).waitFor();
    await seat.page.getByRole('button', { name: 'I have seen it' }).waitFor();
    expect(await seat.page.locator('html').getAttribute('lang')).toBe('en');
    await seat.page.reload();
    await seat.page.getByRole('button', { name: 'I have seen it' }).waitFor();
  });

  test('the supplier unfolds what is technical, and what each cable brought', async () => {
    await using card = await sit('home/act');
    await card.page.locator('summary').click();
    await card.page.getByText('MAC-adresse').waitFor();
    await calmPage(card, 'home/act');
    expect(await pictures.judge('home/act-unfolded', await card.page.screenshot())).toBeNull();
    await using help = await sit('help/plain');
    await goTo(help.page, 'help/plain');
    await help.page.getByText('time for time').click();
    await help.page.getByRole('table').waitFor();
    await calmPage(help, 'help/plain');
    expect(await pictures.judge('help/hours', await wholeScreen(help.page))).toBeNull();
  });

  test('what is known is asked about again when somebody says so', async () => {
    await using seat = await sit('settings/filled');
    await goTo(seat.page, 'settings/filled');
    await seat.page.getByRole('button', { name: 'Spørg igen' }).click();
    await expect.poll(() => seat.box.told.at(-1)).toMatchObject({
      path: '/known/forget', body: '{"kind":"port-scan","device":"02:00:5e:00:53:31"}',
    });
    await seat.page.getByRole('status').filter({ hasText: 'Boksen spørger, næste gang den ser det.' }).waitFor();
  });

  test('a device gets a name and a type', async () => {
    await using seat = await sit('devices/one');
    await goTo(seat.page, 'devices/one');
    await seat.page.getByLabel('Jeres navn til apparatet').fill('Lab');
    await seat.page.getByLabel('Hvad er det?').selectOption('pc');
    await seat.page.getByRole('button', { name: 'Gem' }).click();
    await seat.page.getByText('Gemt').waitFor();
    expect(seat.box.told.at(-1)).toMatchObject({ method: 'PUT', path: '/devices/d5', body: '{"name":"Lab","type":"pc"}' });
    // The box tells it a moment later; it is saved all the same, and nobody asks.
    await seat.page.getByRole('link', { name: 'Alle apparater' }).click();
    await seat.page.locator('.list').waitFor();
  });

  test('settings: what the box refuses is said at the field', async () => {
    await using seat = await sit('settings/refused');
    await goTo(seat.page, 'settings/refused');
    await seat.page.getByRole('button', { name: 'Gem ændringer' }).click();
    await seat.page.getByRole('alert').filter({ hasText: '10.20.30.0/33' }).waitFor();
    expect(await seat.page.evaluate(() => document.activeElement?.getAttribute('aria-invalid'))).toBe('true');
    seat.forgetErrors(); // the browser says that something was refused; that is what is tried here
    await calmPage(seat, 'settings/refused');
  });

  describe('what is not saved is asked about', () => {
    const asked = (seat: Seat) => seat.page.getByRole('dialog', { name: 'Vil I gemme ændringerne?' });

    /** Somebody wrote another name of the clinic and presses History. */
    async function leaves(name = 'settings/filled'): Promise<Seat> {
      const seat = await sit(name);
      await goTo(seat.page, name);
      await seat.page.getByLabel('Klinikkens navn').fill('Lægehuset Sol');
      await seat.page.getByRole('link', { name: 'Historik' }).click();
      await asked(seat).waitFor();
      return seat;
    }

    test('stay: it stands as it was typed', async () => {
      await using seat = await leaves();
      await calmPage(seat, 'dialog');
      expect(await pictures.judge('dialog/leave', await seat.page.screenshot())).toBeNull();
      await asked(seat).getByRole('button', { name: 'Bliv på siden' }).click();
      await asked(seat).waitFor({ state: 'detached' });
      expect(await seat.page.getByLabel('Klinikkens navn').inputValue()).toBe('Lægehuset Sol');
      expect(new URL(seat.page.url()).hash).toBe('#/settings');
    });

    test('do not save: the box is told nothing', async () => {
      await using seat = await leaves();
      await asked(seat).getByRole('button', { name: 'Gem ikke' }).click();
      await seat.page.getByRole('heading', { name: 'Historik' }).waitFor();
      expect(seat.box.told).toEqual([]);
    });

    test('save: the box is told, then it is left', async () => {
      await using seat = await leaves();
      await asked(seat).getByRole('button', { name: 'Gem ændringer' }).click();
      await seat.page.getByRole('heading', { name: 'Historik' }).waitFor();
      expect(seat.box.told.map(({ method, path }) => `${method} ${path}`)).toEqual(['PUT /settings']);
      expect(seat.box.told[0]!.body).toContain('Lægehuset Sol');
    });

    test('save, and the box refuses: the screen stays and says why', async () => {
      await using seat = await leaves('settings/refused');
      await asked(seat).getByRole('button', { name: 'Gem ændringer' }).click();
      await seat.page.getByRole('alert').filter({ hasText: '10.20.30.0/33' }).waitFor();
      expect(await asked(seat).count()).toBe(0);
      expect(new URL(seat.page.url()).hash).toBe('#/settings');
    });

    test('a page that is closed asks in the browser, and only then', async () => {
      await using seat = await sit('settings/filled');
      await goTo(seat.page, 'settings/filled');
      const questions: string[] = [];
      seat.page.on('dialog', (dialog) => {
        questions.push(dialog.type());
        void dialog.accept();
      });
      await seat.page.reload();
      await seat.page.getByLabel('Klinikkens navn').fill('Lægehuset Sol');
      expect(questions).toEqual([]);
      await seat.page.reload();
      expect(questions).toEqual(['beforeunload']);
    });

    test('a device that was named and not saved, too', async () => {
      await using seat = await sit('devices/one');
      await goTo(seat.page, 'devices/one');
      await seat.page.getByLabel('Jeres navn til apparatet').fill('Lab');
      await seat.page.getByRole('link', { name: 'Alle apparater' }).click();
      await asked(seat).getByRole('button', { name: 'Gem ændringer' }).click();
      await seat.page.locator('.list').waitFor();
      expect(seat.box.told.at(-1)).toMatchObject({ method: 'PUT', path: '/devices/d5' });
    });
  });

  test('what was sent long ago comes when somebody asks, below what is there', async () => {
    await using seat = await sit('sent/days');
    await goTo(seat.page, 'sent/days');
    const older = readCase('sent/days');
    for (const lang of LANGS) {
      const sent = older[lang].sent as { days: { day: string }[]; next: string | null };
      sent.days = [{ ...sent.days[0]!, day: 'mandag den 9. marts' }];
      sent.next = null;
    }
    seat.box.keep(older);
    await seat.page.getByRole('button', { name: 'Vis ældre' }).click();
    await seat.page.getByRole('heading', { name: 'mandag den 9. marts' }).waitFor();
    expect(await seat.page.locator('section h2').allTextContents()).toEqual([
      'torsdag den 12. marts', 'onsdag den 11. marts', 'mandag den 9. marts',
    ]);
    expect(await seat.page.getByRole('button', { name: 'Vis ældre' }).count()).toBe(0);
    expect(seat.box.queries).toContain('/sent?until=2026-03-10');
  });

  test('settings: a number that is none is refused beside its field, and none at all is saved with a word', async () => {
    await using seat = await sit('settings/filled');
    await goTo(seat.page, 'settings/filled');
    const refuses = readCase('settings/filled');
    const problem = 'Skriv telefonnummeret med 8 cifre, eller med + og landekode.';
    refuses.da.refuse = { problem, field: 'contacts.it_supplier.phone' };
    seat.box.showThis(refuses);
    const phone = seat.page.getByLabel('Telefon', { exact: true }).first();
    await phone.fill('12');
    await seat.page.getByRole('button', { name: 'Gem ændringer' }).click();
    const field = seat.page.locator('label.field', { hasText: problem });
    await field.waitFor();
    expect(await field.locator('input').inputValue()).toBe('12');
    expect(await seat.page.locator('label.field .problem').count()).toBe(1);
    seat.forgetErrors(); // the browser says that something was refused; that is what is tried here
    // At its end the bar of saving lies below the fields and covers none.
    const toItsEnd = () => seat.page.evaluate(() => scrollTo(0, document.body.scrollHeight));
    await toItsEnd();
    await calmPage(seat, 'settings/refused');
    expect(await pictures.judge('settings/no-number', await wholeScreen(seat.page))).toBeNull();
    const takes = readCase('settings/filled');
    takes.da.without_number = ['Der er ikke noget telefonnummer til it-leverandøren. Skriv det ind, før det haster.'];
    seat.box.showThis(takes);
    await seat.page.locator('input[type=tel]').first().fill('');
    await seat.page.getByRole('button', { name: 'Gem ændringer' }).click();
    await seat.page.getByRole('status').filter({ hasText: 'ikke noget telefonnummer' }).waitFor();
    expect(await seat.page.locator('.problem:visible').count()).toBe(0);
    await toItsEnd();
    await calmPage(seat, 'settings/filled');
  });

  test('every screen asks once, and again only when there is news', async () => {
    await using seat = await sit('history/days');
    for (const screen of ['devices', 'history', 'sent', 'settings']) {
      seat.box.show(screen === 'settings' ? 'settings/filled' : `${screen}/${screen === 'devices' ? 'list' : 'days'}`);
      await seat.page.evaluate((to) => (location.hash = `#/${to}`), screen);
      await expect.poll(() => seat.box.asked).toContain(`/${screen}`);
      await seat.page.locator('main .plate').first().waitFor();
      await seat.page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
      const asked = seat.box.asked.filter((path) => path === `/${screen}`);
      expect(asked, screen).toHaveLength(1);
    }
    expect(seat.box.asked.filter((path) => path === '/events')).toHaveLength(1);
  });

  test('a refusal of the box stands in its card', async () => {
    await using seat = await sit('home/act');
    const refused = readCase('home/act');
    refused.da.refuse = { problem: 'Sagen er allerede lukket.' };
    seat.box.showThis(refused);
    await seat.page.getByRole('button', { name: 'Jeg har set det' }).click();
    await seat.page.getByRole('alert').filter({ hasText: 'allerede lukket' }).waitFor();
  });

  test('site.toml: read in after one question', async () => {
    await using seat = await sit('settings/filled');
    await goTo(seat.page, 'settings/filled');
    await seat.page.locator('input[type=file]').setInputFiles({ name: 'site.toml', mimeType: 'text/plain', buffer: Buffer.from('clinic = "A"\n') });
    await seat.page.getByRole('button', { name: 'Ja, erstat' }).click();
    await seat.page.getByText('Filen er læst ind').waitFor();
    expect(seat.box.told.at(-1)).toMatchObject({ method: 'PUT', path: '/settings/site.toml', body: 'clinic = "A"\n' });
  });

  for (const lang of LANGS) test(`site.toml that is wrong: said in words, with its line, and for the supplier, ${lang}`, async () => {
    await using seat = await sit('settings/file', { lang });
    await goTo(seat.page, 'settings/file');
    await seat.page.locator('input[type=file]').setInputFiles({ name: 'site.toml', mimeType: 'text/plain', buffer: Buffer.from('timezone = 1\n') });
    await seat.page.getByRole('dialog').getByRole('button').first().click();
    const { problem, detail } = readCase('settings/file')[lang].refuse!;
    const said = seat.page.getByRole('alert').filter({ hasText: problem });
    await said.filter({ hasText: lang === 'da' ? 'Linje 3: ' : 'Line 3: ' }).waitFor();
    await said.getByText(detail!).waitFor();
    seat.forgetErrors(); // the browser says that something was refused; that is what is tried here
    await calmPage(seat, 'settings/file');
    expect(await pictures.judge(`settings/file-refused-${lang}`, await wholeScreen(seat.page))).toBeNull();
  });

  for (const size of SIZES) test(`cases that lie below are counted, and a press goes on to them, ${size.width}x${size.height}`, async () => {
    await using seat = await sit('home/many-cards', { size });
    await headline(seat.page);
    const more = seat.page.locator('.cards > .button');
    await more.waitFor();
    const unseen = Number.parseInt((await more.textContent())!.trim(), 10);
    expect(unseen).toBeGreaterThan(0);
    await more.click();
    await expect.poll(async () => ((await more.count()) === 0 ? 0 : Number.parseInt((await more.textContent())!.trim(), 10))).toBeLessThan(unseen);
    await seat.page.locator('.cards > :is(.row, article)').last().scrollIntoViewIfNeeded();
    await seat.page.locator('.cards').evaluate((list) => (list.scrollTo(0, 1e6), scrollTo(0, 1e6)));
    await more.waitFor({ state: 'detached' });
    seat.box.show('home/act');
    await seat.page.locator('.hero.act').waitFor();
    expect(await more.count()).toBe(0);
  });

  test('a long page stands where a short one does', async () => {
    const withBars = await launchWithout(['--hide-scrollbars']);
    try {
      const stands = async (name: string) => {
        await using seat = await sit(name, { by: withBars });
        const { page } = seat;
        await goTo(page, name);
        const [heading, menu, bar] = await page.evaluate(() => [
          document.querySelector('main h1')!.getBoundingClientRect().left,
          document.querySelector('nav button')!.getBoundingClientRect().right,
          innerWidth - document.documentElement.clientWidth,
        ]);
        expect(await sideways(page)).toEqual([]);
        return { places: [heading, menu], bar };
      };
      const long = await stands('settings/filled');
      expect(long.bar, 'there is a bar, or this tries nothing').toBeGreaterThan(0);
      expect(await stands('history/none')).toEqual({ places: long.places, bar: 0 });
    } finally {
      await withBars.close();
    }
  });
});

describe('what is heard', () => {
  test('red is said at once, everything else politely', async () => {
    await using seat = await sit('home/ok');
    await headline(seat.page);
    seat.box.show('home/act');
    await expect.poll(() => seat.page.locator('.heard[role=alert]').textContent()).toContain('Ring til jeres');
    seat.box.show('home/act-seen');
    await expect.poll(() => seat.page.locator('.heard[role=status]').textContent()).toContain('I er i gang');
    expect(await seat.page.locator('.heard[role=alert]').textContent()).toBe('');
  });

  test('sentences that stand beside the face end with one stop', async () => {
    await using seat = await sit('home/ok');
    await headline(seat.page);
    const beside = readCase('home/ok');
    Object.assign(beside.da.home, { also: ['Boksen bruger de forrige. Skriv til DCIS Sund.'] });
    seat.box.showThis(beside);
    await expect.poll(() => seat.page.locator('.heard[role=status]').textContent()).toContain('Skriv til DCIS Sund. I behøver');
  });

  test('read aloud, what to do comes before what happened, and the menu last', async () => {
    await using seat = await sit('home/act');
    await headline(seat.page);
    const read = (await seat.page.locator('body').innerText()).replace(/\u2060/g, '');
    const order = ['Ring til jeres it-leverandør nu', 'Træk netværksstikket', '70 00 00 01', 'Hvad er der sket?', 'Hvad kan det betyde?', 'Jeg har set det', 'Netværk', 'Hjælp'];
    const places = order.map((text) => read.indexOf(text));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places).not.toContain(-1);
  });
});

describe('never green by default', () => {
  test('before the first word of the box: grey', async () => {
    await using seat = await sit('home/ok', { mute: true });
    await seat.page.getByRole('heading', { name: 'Vi venter på boksen' }).waitFor();
    await expect.poll(() => seat.box.listeners).toBe(1);
    expect(await seat.page.locator('.hero.unknown').count()).toBe(1);
    await calmPage(seat, 'home/waiting');
    expect(await pictures.judge('grey/waiting', await seat.page.screenshot())).toBeNull();
  });

  for (const size of SIZES) test(`box killed: grey after two tries that nobody takes, the last cards under it, ${size.width}x${size.height}`, async () => {
    await using seat = await sit('home/warning-and-act', { clock: true, size });
    await headline(seat.page);
    await seat.box.die();
    // The browser tries by its own clock; nobody moves the page's, which goes on from the moment of the cases.
    await seat.page.getByRole('heading', { name: 'Vi kan ikke se jeres' }).waitFor({ timeout: 2 * GREY_MS });
    await seat.page.locator('.hero.unknown').waitFor();
    await seat.page.getByText('Sluk boksen, vent 10 sekunder').waitFor();
    await seat.page.getByText('Sidst set').waitFor();
    await seat.page.getByRole('button', { name: 'En pc sender usædvanlig meget ud' }).waitFor();
    await seat.page.getByRole('button', { name: 'Falske mails om recepter' }).click();
    for (const name of ['Jeg har set det', 'Ikke relevant for os']) expect(await seat.page.getByRole('button', { name }).count()).toBe(0);
    await seat.page.getByRole('button', { name: 'Fold sammen' }).click();
    seat.forgetErrors(); // the browser says that nobody answers; that is what is tried here
    await calmPage(seat, 'home/silent');
    expect(await pictures.judge(`grey/silent-${size.width}x${size.height}`, await seat.page.screenshot())).toBeNull();
  });

  test('a box that starts anew does not flash grey', async () => {
    await using seat = await sit('home/ok');
    await headline(seat.page);
    await seat.page.evaluate(() => {
      const seen = ((globalThis as { faces?: string[] }).faces = [] as string[]);
      const write = () => seen.push(document.querySelector('.hero')!.className);
      new MutationObserver(write).observe(document.body, { subtree: true, attributes: true, childList: true });
    });
    seat.box.hangUp();
    await expect.poll(() => seat.box.listeners, { timeout: 2 * GREY_MS }).toBe(1);
    seat.box.show('home/attention-today');
    await seat.page.locator('.hero.attention').waitFor();
    const faces = await seat.page.evaluate(() => (globalThis as { faces?: string[] }).faces!);
    expect(faces.filter((face) => face.includes('unknown'))).toEqual([]);
    seat.forgetErrors();
  });

  test('a line that is open but dead is grey too, and green again with the next word', async () => {
    await using seat = await sit('home/ok', { clock: true });
    await headline(seat.page);
    seat.box.mute = true;
    await seat.page.clock.runFor(SILENT_MS + 1_000);
    await seat.page.locator('.wall.unknown').waitFor();
    // The lines that were given up are closed by the browser in its own time.
    await expect.poll(() => seat.box.listeners, { timeout: 2 * GREY_MS }).toBe(1);
    seat.box.show('home/ok');
    await seat.page.locator('.wall.ok').waitFor();
  });

  test('loaded again with a dead box: grey at once, from the service worker, with the last cards', async () => {
    await using seat = await sit('home/act', { worker: true });
    await headline(seat.page);
    await seat.page.evaluate(() => navigator.serviceWorker.ready);
    await expect.poll(() => seat.page.evaluate(() => caches.keys().then((names) => names.length))).toBe(1);
    await seat.box.die();
    await seat.page.reload();
    // It waits, and soon knows that nobody is there.
    await seat.page.locator('.hero.unknown').waitFor();
    await seat.page.getByRole('heading', { name: 'Vi kan ikke se jeres' }).waitFor({ timeout: 2 * GREY_MS });
    await seat.page.getByText('Sluk boksen, vent 10 sekunder').waitFor();
    await seat.page.getByText('En pc sender usædvanlig meget ud').waitFor();
    await seat.page.getByText('Sidst set').waitFor();
    expect(await pictures.judge('grey/reloaded', await seat.page.screenshot())).toBeNull();
    await seat.page.goto(`${seat.box.url}/#/help`);
    await seat.page.getByRole('heading', { name: 'Hvad betyder ansigterne?' }).waitFor();
  });

  test('the last time is the clinic’s, wherever the browser thinks that it is', async () => {
    await using seat = await sit('home/act', { clock: true, zone: 'America/New_York' });
    await headline(seat.page);
    await seat.box.die();
    await seat.page.clock.runFor(SILENT_MS);
    await seat.page.locator('.wall.unknown').click();
    await seat.page.locator('.checked').getByText('Sidst set kl. 10.42').waitFor();
    await seat.page.getByText('Boksen har ikke svaret siden kl. 10.42.').waitFor();
  });
});

describe('told apart without colour', () => {
  for (const type of ['none', 'deuteranopia', 'protanopia', 'achromatopsia'] as const) test(type, async () => {
    await using seat = await sit('help/plain');
    await goTo(seat.page, 'help/plain');
    const devtools = await seat.page.context().newCDPSession(seat.page);
    await devtools.send('Emulation.setEmulatedVisionDeficiency', { type });
    const faces = await seat.page.locator('.faces .little').all();
    const shots = await Promise.all(faces.slice(0, 4).map((face) => face.screenshot()));
    let least = 1;
    for (const [index, a] of shots.entries()) for (const b of shots.slice(index + 1)) {
      least = Math.min(least, await pictures.differs(a, b, 'image/png', 1));
    }
    console.log(`${type}: the two faces that are most alike differ in ${(least * 100).toFixed(0)} % of their pixels`);
    expect(least).toBeGreaterThan(0.08);
    for (const name of ['ok', 'attention-today', 'act', 'unknown-blind']) {
      seat.box.show(`home/${name}`);
      await seat.page.goto(`${seat.box.url}/#/`);
      await headline(seat.page);
      if (type !== 'none') pictures.show(`vision/${type}-${name}`, await seat.page.screenshot());
    }
  });
});

describe('elsewhere than on the wall', () => {
  test('by night every text can be read', async () => {
    for (const name of ['home/ok', 'home/attention-week', 'home/act', 'home/act-seen', 'home/unknown-blind', 'settings/filled', 'help/test-failed', 'devices/list']) {
      await using seat = await sit(name, { dark: true });
      await goTo(seat.page, name);
      await calmPage(seat, name);
      pictures.show(`night/${name}`, await seat.page.screenshot());
    }
  });

  test('enlarged four times nothing falls off sideways', async () => {
    for (const name of CASES.filter((one) => !one.startsWith('home/recording'))) {
      await using seat = await sit(name, { size: { width: 320, height: 640 } });
      await goTo(seat.page, name);
      expect(await sideways(seat.page), name).toEqual([]);
    }
  });

  test('on paper: the case, and nothing to press', async () => {
    await using seat = await sit('home/act');
    await headline(seat.page);
    await seat.page.emulateMedia({ media: 'print' });
    expect(await seat.page.getByRole('button').count()).toBe(0);
    await seat.page.getByText('70 00 00 01').waitFor();
    const pages = (await seat.page.pdf({ format: 'A4' })).toString('latin1').match(/\/Type\s*\/Page\b/g);
    expect(pages).toHaveLength(1);
    await seat.page.setViewportSize({ width: 794, height: 1123 });
    expect(await pictures.judge('print/act', await seat.page.screenshot())).toBeNull();
  });

  test('on paper a recording has its word, no stripes, and nothing that has the focus', async () => {
    await using seat = await sit('home/recording');
    await headline(seat.page);
    const technical = seat.page.locator('summary').first();
    await technical.focus();
    await seat.page.keyboard.press('Shift');
    const outline = () => technical.evaluate((focused) => getComputedStyle(focused).outlineStyle);
    expect(await outline()).toBe('solid');
    await seat.page.emulateMedia({ media: 'print' });
    expect(await outline()).toBe('none');
    const striped = await seat.page.evaluate(() =>
      [...document.querySelectorAll('*')].filter((one) => /gradient/.test(getComputedStyle(one).backgroundImage + (parseFloat(getComputedStyle(one).borderLeftWidth) > 0 ? getComputedStyle(one).borderImageSource : ''))).length);
    expect(striped).toBe(0);
    await seat.page.setViewportSize({ width: 794, height: 1123 });
    expect(await pictures.judge('print/recording', await seat.page.screenshot())).toBeNull();
  });
});

describe('the comparison of pictures', () => {
  const size = SIZES[1]!;
  const compared = 'home/three-cards-da-800x1280';

  /** What is said of the first screen, when this was done to it. */
  async function judged(by: Browser, change: () => void): Promise<string | null> {
    await using seat = await sit('home/three-cards', { size, by });
    await headline(seat.page);
    await seat.page.evaluate(change);
    return pictures.differsFromAccepted(compared, await seat.page.screenshot());
  }

  test('letters that are drawn otherwise are no difference', async () => {
    const other = await launch('--font-render-hinting=none', '--disable-lcd-text', '--disable-font-subpixel-positioning');
    try {
      expect(await judged(other, () => undefined)).toBeNull();
    } finally {
      await other.close();
    }
    expect(await judged(browser, () => (document.body.style.textRendering = 'geometricPrecision'))).toBeNull();
  });

  test.each([
    ['a calmer face', () => document.querySelector('.hero .mouth')!.setAttribute('d', 'M59 120 Q100 168 141 120')],
    ['another colour', () => (document.querySelector<HTMLElement>('article')!.style.borderLeftColor = 'gray')],
    ['a card that is not seen', () => ([...document.querySelectorAll<HTMLElement>('.row')].at(-1)!.style.visibility = 'hidden')],
    ['a card that is not there', () => [...document.querySelectorAll('.row')].at(-1)!.remove()],
    ['no telephone number', () => document.querySelector('.phone')!.remove()],
    ['a title in English', () => (document.querySelector('.hero h1')!.textContent = 'Call your IT supplier now')],
  ])('it sees %s', async (_, change) => {
    expect(await judged(browser, change as () => void)).toContain('differs');
  });
});

describe('figures', () => {
  test(`first view in at most ${FIRST_VIEW_BYTES} bytes`, async () => {
    await using one = await sit('home/act');
    await headline(one.page);
    const first = one.box.bytesOnTheWire;
    await using seat = await sit('home/act', { worker: true });
    await seat.page.evaluate(() => navigator.serviceWorker.ready);
    await expect.poll(() => seat.page.evaluate(() => caches.keys().then((names) => names.length))).toBe(1);
    console.log(`first view: ${first} bytes on the wire; with all screens kept for later: ${seat.box.bytesOnTheWire} bytes`);
    expect(first).toBeLessThanOrEqual(FIRST_VIEW_BYTES);
  });

  test('interactive at a quarter of the speed', async () => {
    const ms = await timeToPress();
    console.log(`interactive at a quarter of the speed after ${ms.toFixed(0)} ms (wanted: under ${INTERACTIVE_MS})`);
    expect(ms).toBeLessThan(INTERACTIVE_MS * HANGS);
  });

  test('from event to pixels', async () => {
    await using seat = await sit('home/ok');
    await headline(seat.page);
    const painted = seat.page.evaluate(
      () => new Promise<number>((done) => {
        const look = () => document.querySelector('.hero.act') ? requestAnimationFrame(() => done(Date.now())) : requestAnimationFrame(look);
        look();
      }),
    );
    await seat.page.evaluate(() => new Promise((done) => requestAnimationFrame(done)));
    const said = Date.now();
    seat.box.show('home/act');
    const ms = (await painted) - said;
    console.log(`event to pixels: ${ms} ms (wanted: under ${EVENT_TO_PIXELS_MS})`);
    expect(ms).toBeLessThan(EVENT_TO_PIXELS_MS * HANGS);
  });
});

// ---- below: how it is done

interface Wishes {
  lang?: Lang;
  size?: { width: number; height: number };
  clock?: boolean;
  mute?: boolean;
  worker?: boolean;
  dark?: boolean;
  go?: boolean;
  by?: Browser;
  zone?: string;
}

interface Seat extends AsyncDisposable {
  box: Box;
  page: Page;
  errors: string[];
  elsewhere: string[];
  forgetErrors(): void;
}

/** A box with a case, and somebody in front of its tablet. */
async function sit(name: string, wishes: Wishes = {}): Promise<Seat> {
  const { lang = 'da', size = SIZES[0]!, clock = false, mute = false, worker = false, dark = false, go = true, by = browser, zone } = wishes;
  const box = new Box(name);
  Object.assign(box, { lang, mute });
  await box.start();
  const { context, page, errors, elsewhere } = await watch(by, box.url, {
    viewport: size,
    serviceWorkers: worker ? 'allow' : 'block',
    colorScheme: dark ? 'dark' : 'light',
    ...(zone ? { timezoneId: zone } : {}),
  });
  if (clock) await page.clock.install({ time: NOW });
  if (go) await page.goto(box.url);
  return {
    box, page, errors, elsewhere,
    forgetErrors: () => void errors.splice(0),
    async [Symbol.asyncDispose]() {
      await context.close();
      await box.die().catch(() => undefined);
    },
  };
}

/** From an empty browser at a quarter of its speed to a button that can be pressed, and was. */
async function timeToPress(): Promise<number> {
  await using seat = await sit('home/act', { go: false });
  const devtools = await seat.page.context().newCDPSession(seat.page);
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: 4 });
  await seat.page.goto(seat.box.url, { waitUntil: 'commit' });
  const ms = await seat.page.evaluate(
    () => new Promise<number>((done) => {
      const look = () => document.querySelector('.card .first') ? requestAnimationFrame(() => done(performance.now())) : requestAnimationFrame(look);
      look();
    }),
  );
  await seat.page.getByRole('button', { name: 'Jeg har set det' }).click();
  await expect.poll(() => seat.box.told.length).toBe(1);
  return ms;
}

/** Waits until the box's words stand there. */
async function headline(page: Page): Promise<void> {
  await page.locator('.hero .checked').waitFor();
  await page.evaluate(() => document.fonts.ready);
}

/** Walks to the screen of a case, and into the state that the case is about. */
async function goTo(page: Page, name: string): Promise<void> {
  await headline(page);
  const [screen, which] = name.split('/');
  if (screen === 'home') return;
  await page.evaluate((to) => (location.hash = to), name === 'devices/one' ? '#/devices/d5' : `#/${screen}`);
  await page.locator('main h1').waitFor();
  if (which?.startsWith('test-')) {
    await page.locator('section .button.first').click();
    await page.locator('ol.links').waitFor();
  }
  if (name === 'devices/one') await page.locator('select').waitFor();
  await expect.poll(() => page.locator('main').getByText(/Henter …|Fetching …/).count()).toBe(0);
  await page.evaluate(() => document.fonts.ready);
}

/** A picture of all of a long screen; what sticks to the edge of the window would lie across it. */
async function wholeScreen(page: Page): Promise<Buffer> {
  await page.evaluate(() => document.querySelectorAll<HTMLElement>('nav, .save').forEach((bar) => (bar.style.position = 'static')));
  return page.screenshot({ fullPage: true });
}

/** What holds of every screen. */
async function calmPage(seat: Seat, name: string): Promise<void> {
  const { page } = seat;
  expect(await accessFaults(page)).toEqual([]);
  expect(await sideways(page)).toEqual([]);
  expect(await smallTargets(page)).toEqual([]);
  const oneCard = (await page.locator('.home article, .home .row').count()) <= 1;
  if (name.startsWith('home/') && oneCard) {
    expect(await page.evaluate(() => document.documentElement.scrollHeight - innerHeight), 'falls off below').toBeLessThanOrEqual(0);
  }
  expect(seat.errors).toEqual([]);
  expect(seat.elsewhere).toEqual([]);
}

/** What can be pressed and is smaller than a hurried finger. A box to tick counts with its label. */
function smallTargets(page: Page): Promise<string[]> {
  return page.evaluate((least) => {
    const pressed = [...document.querySelectorAll('a, button, summary, select, textarea, input')]
      .filter((element) => element.getClientRects().length > 0 && !element.closest('.heard, [hidden]'))
      .map((element) => (element.matches('[type=checkbox], [type=radio]') ? element.closest('label')! : element));
    return pressed
      .filter((element) => Math.min(element.getBoundingClientRect().width, element.getBoundingClientRect().height) < least - 0.5)
      .map((element) => `${element.tagName} ${(element.textContent ?? '').trim()} ${JSON.stringify(element.getBoundingClientRect())}`);
  }, TARGET_PX);
}
