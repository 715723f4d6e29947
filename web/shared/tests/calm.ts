// What holds of every screen of ours, looked at in a browser.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const AXE_TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** Everything that keeps somebody from using it, as far as a machine can tell. */
export async function accessFaults(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  return page.evaluate(async (tags) => {
    const axe = (globalThis as unknown as { axe: { run(on: Document, how: object): Promise<{ violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] }> } }).axe;
    const { violations } = await axe.run(document, { runOnly: tags });
    return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 120)} ${node.failureSummary.slice(0, 200)}`));
  }, AXE_TAGS);
}

/** Everything that sticks out to the side, and every text that is cut. */
export function sideways(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const seen = (element: Element) =>
      !element.closest('.heard, [hidden], svg') && element.getClientRects().length > 0 && getComputedStyle(element).clipPath === 'none';
    const name = (element: Element) => `${element.tagName}.${element.getAttribute('class') ?? ''} ${(element.textContent ?? '').trim().slice(0, 40)}`;
    const outside = [...document.body.querySelectorAll('*')].filter((element) => {
      const { left, right } = element.getBoundingClientRect();
      return seen(element) && !element.closest('pre') && (right > innerWidth + 1 || left < -1);
    });
    const cut = [...document.querySelectorAll('h1,h2,h3,p,li,dd,dt,a,button,span,strong')].filter(
      (element) => seen(element) && !element.closest('pre') && element.clientWidth > 0 && element.scrollWidth > element.clientWidth + 1,
    );
    return [...outside.map((element) => `outside: ${name(element)}`), ...cut.map((element) => `cut: ${name(element)}`)];
  });
}
