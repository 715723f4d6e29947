// Takes the links to sponsors out of package-lock.json, so that it names no host; `npm ci` does not need them.
// Run after `npm install`: node lockfile.mjs
import { readFileSync, writeFileSync } from 'node:fs';

const path = new URL('package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(path, 'utf8'));
for (const entry of Object.values(lock.packages)) delete entry.funding;
writeFileSync(path, JSON.stringify(lock, null, 2) + '\n');
