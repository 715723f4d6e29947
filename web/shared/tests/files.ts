// What the stand-ins for our servers share: files of a front end as the true ones serve them, and JSON.

import { existsSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

const KINDS: Record<string, string> = {
  '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2', '.webmanifest': 'application/manifest+json', '.txt': 'text/plain; charset=utf-8',
};

export function file(dist: string, path: string, answer: ServerResponse): void {
  const found = join(dist, path === '/' ? 'index.html' : path);
  if (!found.startsWith(dist) || !existsSync(found)) return void answer.writeHead(404).end();
  const kind = KINDS[extname(found)] ?? 'application/octet-stream';
  const content = readFileSync(found);
  const packed = kind.startsWith('font/') ? content : gzipSync(content);
  answer.writeHead(200, {
    'Content-Type': kind,
    'Content-Length': packed.length,
    'Cache-Control': path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
    ...(packed === content ? {} : { 'Content-Encoding': 'gzip' }),
  });
  answer.end(packed);
}

export function json(answer: ServerResponse, status: number, body: unknown): void {
  answer.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' }).end(JSON.stringify(body));
}

export async function bodyOf(asked: IncomingMessage): Promise<string> {
  let body = '';
  for await (const piece of asked) body += piece;
  return body;
}
