// To look at a case by hand: npm run serve -- home/act da 8081
import { runnerImport } from 'vite';

const [name = 'home/ok', lang = 'da', port = '8081'] = process.argv.slice(2);
const { module } = await runnerImport(new URL('./serve.ts', import.meta.url).pathname);
const box = new module.Box(name);
box.lang = lang;
await box.start(Number(port));
box.beatEvery(15_000);
console.log(`${name} in ${lang}: ${box.url}`);
