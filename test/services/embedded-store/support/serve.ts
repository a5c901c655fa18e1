import { startEmbeddedStore } from '../../../../services/embedded-store/start.ts';

/** A process that serves a folder, or waits to, until it is killed: `serve.ts FOLDER [loopback]` */
const [folder, transport] = process.argv.slice(2);
await startEmbeddedStore(folder!, transport === 'loopback' ? { transport } : {});
console.log('ready');
setInterval(() => undefined, 1000);
