// Keeps the tablet itself, so that it still stands, and turns grey, when the box is dead and the page is loaded again.
// Only the files of the tablet: what the box says is never answered from here, so nothing old can look new.

/** Written by `build/shell.ts`. */
declare const __SHELL__: { version: string; files: string[] };

const worker = self as unknown as ServiceWorkerGlobalScope;
const shell = __SHELL__;
const store = `tablet-${shell.version}`;

worker.addEventListener('install', (event) => event.waitUntil(fetchAll().then(() => worker.skipWaiting())));
worker.addEventListener('activate', (event) => event.waitUntil(dropOld().then(() => worker.clients.claim())));
worker.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== worker.location.origin || url.pathname.startsWith('/api/')) return;
  const path = request.mode === 'navigate' ? '/' : url.pathname;
  if (shell.files.includes(path)) event.respondWith(kept(path, request));
});

async function fetchAll(): Promise<void> {
  const cache = await caches.open(store);
  // What has its content in its name may come from the browser's own cache; the page itself must be asked for.
  const requests = shell.files.map((path) => new Request(path, { cache: path.startsWith('/assets/') ? 'default' : 'no-cache' }));
  await cache.addAll(requests);
}

async function dropOld(): Promise<void> {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name !== store).map((name) => caches.delete(name)));
}

async function kept(path: string, request: Request): Promise<Response> {
  return (await caches.match(path, { cacheName: store })) ?? fetch(request);
}
