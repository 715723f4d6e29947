// What `shared/build/dkfds.ts` makes at build time.
declare module 'virtual:dkfds.css';
