// To look at a case by hand: npm run serve -- incidents/queue 8082
import { runnerImport } from 'vite';

const [name = 'incidents/queue', port = '8082'] = process.argv.slice(2);
const { module } = await runnerImport(new URL('./serve.ts', import.meta.url).pathname);
const shown = module.readCase(name);
const centre = await new module.Centre(shown).start(Number(port));
console.log(`${name}: ${centre.url}/${shown.at}`);
