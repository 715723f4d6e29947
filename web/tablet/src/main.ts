// Starts the tablet: the page says that it waits for the box until the first word from it.

import './look/fonts.css';
import 'virtual:dkfds.css';
import './look/base.css';
import { mount } from 'svelte';
import App from './App.svelte';
import { box } from './box.svelte';
import { idle } from './idle.svelte';

const place = document.getElementById('app')!;
place.replaceChildren();
mount(App, { target: place });
void box.start();

// Only a secure origin (https, or this machine itself) has service workers; without one a reload needs the box.
if ('serviceWorker' in navigator) {
  const first = navigator.serviceWorker.controller === null;
  void navigator.serviceWorker.register('/worker.js');
  navigator.serviceWorker.addEventListener('controllerchange', () => {
    if (!first && !idle.busy) location.reload();
  });
}
