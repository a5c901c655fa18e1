/** The file store that the configuration asks for: a folder, or a bucket when one is named. */
import { join } from 'node:path';
import type { FileStore } from '../catalog/context.ts';
import type { Config } from './config.ts';
import { createFolderFileStore } from './file-store.ts';

export async function openFileStore(
  { dataDir, s3 }: Pick<Config, 'dataDir' | 's3'>,
  publicBaseUrl: string,
): Promise<FileStore> {
  const folder = join(dataDir, 'files');
  if (s3 === undefined) return createFolderFileStore(folder, publicBaseUrl);
  // only those who use a bucket load its library
  const { createS3FileStore } = await import('./s3-file-store.ts');
  return createS3FileStore(s3, join(folder, '.tmp'), publicBaseUrl);
}
