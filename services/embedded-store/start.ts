/** The one door to the embedded store: to serve a folder, and the way of its data out and in. */
export { startEmbeddedStore, type EmbeddedStore, type EmbeddedStoreOptions } from './serve.ts';
export { backupStore, restoreStore } from './backup.ts';
export { moveData, type MoveProgress } from './move.ts';
