import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createFolderFileStore } from '../../services/file-store.ts';
import { describeFileStore } from '../support/file-store-battery.ts';

describeFileStore('the folder file store', async (folder, publicBaseUrl) => ({
  files: createFolderFileStore(folder, publicBaseUrl),
  halves: () => readdir(join(folder, '.tmp')),
  stop: () => Promise.resolve(),
}));
