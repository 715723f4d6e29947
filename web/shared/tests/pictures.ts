// Pictures: made in Chromium, made small in Chromium, and compared there with the accepted ones, so that no library for
// images is needed. `BLESS=1` makes what is seen the accepted picture; look at it first.

import { mkdirSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Browser, Page } from 'playwright-core';

/** Accepted pictures fit in this, so that a repository can carry them. */
const WIDTH = 320;
const HEIGHT = 340;
const BYTES_MAX = 10_000;
/**
 * Pictures are compared in squares of so many pixels, averaged: a letter that another Chromium smooths or hints otherwise is the
 * same there. A square differs when a channel is this far off. Measured: other hinting and other places of letters stay
 * below 25, a hidden line of text is over 120, another colour of a card's edge over 70.
 */
const SQUARE = 4;
const FAR = 48;
/** Share of squares that may differ: four of a landscape. Measured: the smallest hidden line is six. */
const TOLERANCE = 0.001;

export class Pictures {
  private constructor(private readonly desk: Page, private readonly root: string) {}

  /** Of the front end in this folder. */
  static async open(browser: Browser, root: string): Promise<Pictures> {
    return new Pictures(await browser.newPage(), root);
  }

  /** Keeps the picture as build output, for people to look at. */
  show(name: string, png: Buffer): void {
    keep(join(this.root, 'pictures', `${name}.png`), png);
  }

  /** Keeps the picture as build output, and says what differs from the accepted one, or null. */
  async judge(name: string, png: Buffer): Promise<string | null> {
    this.show(name, png);
    if (process.env['BLESS']) {
      keep(this.#accepted(name), await this.small(png));
      return null;
    }
    return this.differsFromAccepted(name, png);
  }

  async differsFromAccepted(name: string, png: Buffer): Promise<string | null> {
    const small = await this.small(png);
    const accepted = this.#accepted(name);
    if (!existsSync(accepted)) return `${name}: no accepted picture; look at pictures/${name}.png, then BLESS=1`;
    const share = await this.differs(small, readFileSync(accepted), 'image/webp', SQUARE);
    return share <= TOLERANCE ? null : `${name}: ${(share * 100).toFixed(2)} % of it differs from the accepted picture`;
  }

  #accepted(name: string): string {
    return join(this.root, 'accepted', `${name}.webp`);
  }

  private async small(png: Buffer): Promise<Buffer> {
    const base64 = await this.desk.evaluate(shrink, { png: png.toString('base64'), width: WIDTH, height: HEIGHT, most: BYTES_MAX });
    return Buffer.from(base64, 'base64');
  }

  /** Share of squares that differ between two pictures. */
  async differs(a: Buffer, b: Buffer, kind: 'image/png' | 'image/webp', square: number): Promise<number> {
    return this.desk.evaluate(compare, { a: a.toString('base64'), b: b.toString('base64'), kind, square, far: FAR });
  }
}

function keep(path: string, bytes: Buffer): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
}

// The two below run in the page.

async function shrink({ png, width, height, most }: { png: string; width: number; height: number; most: number }): Promise<string> {
  const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
  const scale = Math.min(width / image.width, height / image.height);
  const canvas = new OffscreenCanvas(Math.round(image.width * scale), Math.round(image.height * scale));
  const paint = canvas.getContext('2d')!;
  paint.imageSmoothingQuality = 'high';
  paint.drawImage(image, 0, 0, canvas.width, canvas.height);
  let bytes = new Uint8Array(most + 1);
  for (let quality = 0.5; bytes.length > most; quality -= 0.05) {
    bytes = new Uint8Array(await (await canvas.convertToBlob({ type: 'image/webp', quality })).arrayBuffer());
  }
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}

async function compare({ a, b, kind, square, far }: { a: string; b: string; kind: string; square: number; far: number }): Promise<number> {
  const pixels = async (base64: string) => {
    const image = await createImageBitmap(await (await fetch(`data:${kind};base64,${base64}`)).blob());
    const [width, height] = [Math.ceil(image.width / square), Math.ceil(image.height / square)];
    const paint = new OffscreenCanvas(width, height).getContext('2d')!;
    paint.imageSmoothingQuality = 'high';
    paint.drawImage(image, 0, 0, width, height);
    return { size: `${image.width}x${image.height}`, width, height, data: paint.getImageData(0, 0, width, height).data };
  };
  const [left, right] = [await pixels(a), await pixels(b)];
  if (left.size !== right.size) return 1;
  let differing = 0;
  for (let at = 0; at < left.data.length; at += 4) {
    if ([0, 1, 2].some((channel) => Math.abs(left.data[at + channel]! - right.data[at + channel]!) > far)) differing += 1;
  }
  return differing / (left.width * left.height);
}
