// Starts the desk.

import '../../shared/look/fonts.css';
import 'virtual:dkfds.css';
import './look/base.css';
import { mount } from 'svelte';
import App from './App.svelte';
import { desk } from './desk.svelte';

void desk.start();
const place = document.getElementById('app')!;
place.replaceChildren();
mount(App, { target: place });
