// quick look: node /tmp/snap.mjs name[,name] lang size
import { runnerImport } from 'vite';
import { chromium } from 'playwright-core';
import fs from 'node:fs';
const {module:{Box}}=await runnerImport('/work/wt-tablet/web/tablet/tests/serve.ts');
const b=await chromium.launch({executablePath:'/usr/bin/chromium',args:['--no-sandbox','--disable-gpu']});
fs.mkdirSync('/tmp/snap',{recursive:true});
const [names,langs='da',sizes='L,P',dark]=process.argv.slice(2);
for(const n of names.split(','))for(const l of langs.split(','))for(const s of sizes.split(',')){
 const box=new Box(n);box.lang=l;await box.start();
 const p=await b.newPage({viewport:s==='L'?{width:1280,height:800}:{width:800,height:1280},serviceWorkers:'block',colorScheme:dark?'dark':'light'});
 await p.goto(box.url);await p.locator('.hero .checked').waitFor();
 const [sc,w]=n.split('/');
 if(sc!=='home'){await p.evaluate(t=>location.hash=t,n==='devices/one'?'#/devices/d5':'#/'+sc);await p.waitForTimeout(700);
 if(w.startsWith('test-')){await p.locator('section .button.first').click();await p.waitForTimeout(300)}}
 await p.evaluate(()=>document.fonts.ready);
 console.log(n,l,s,'over',await p.evaluate(()=>document.documentElement.scrollHeight-innerHeight));
 await p.screenshot({path:`/tmp/snap/${n.replace('/','-')}-${l}-${s}.png`});
 await p.close();await box.die();
}
await b.close();process.exit(0);
