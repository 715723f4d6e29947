// What `shared/build/dkfds.ts` makes at build time.
declare module 'virtual:dkfds-icons' {
  const icons: Record<
    | 'home' | 'devices' | 'history' | 'sent' | 'settings' | 'help' | 'language' | 'print' | 'check' | 'down' | 'right'
    | 'back' | 'close' | 'download' | 'upload' | 'wait' | 'touch',
    string
  >;
  export default icons;
}
declare module 'virtual:dkfds.css';
