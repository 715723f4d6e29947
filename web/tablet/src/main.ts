// Starts the tablet: the page says that it waits for the box until the first word from it.

import '../../shared/look/fonts.css';
import 'virtual:dkfds.css';
import './look/base.css';
import { mount } from 'svelte';
import App from './App.svelte';
import { box } from './box.svelte';
import { idle } from './idle.svelte';

// Asked first and drawn then, so that the box's first word is on its way while the grey face is drawn.
void box.start();
const place = document.getElementById('app')!;
place.replaceChildren();
mount(App, { target: place });

// Only when the first screen stands, because what is kept for later must not take time from it. Only a secure origin (https, or this machine itself) has service workers; without one a reload needs the box.
if ('serviceWorker' in navigator) {
  const first = navigator.serviceWorker.controller === null;
  addEventListener('load', () => requestIdleCallback(() => void navigator.serviceWorker.register('/worker.js'), { timeout: 5_000 }));
  navigator.serviceWorker.addEventListener('controllerchange', () => {
    if (!first && !idle.busy) location.reload();
  });
}
