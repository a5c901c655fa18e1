import { startEmbeddedStore } from '../../../../services/embedded-store/start.ts';

/** A process that serves a folder, or waits to, until it is killed. */
await startEmbeddedStore(process.argv[2]!);
console.log('ready');
setInterval(() => undefined, 1000);
