/** What may be the key of a file, alike in every store: a file moved from a folder to a bucket keeps its key. */
import { InputError, NotFoundError } from '../catalog/errors.ts';

/** No segment begins with a dot, so that neither `..` nor `.tmp` can be reached; 200 of a disk's 255 bytes. */
const segment = '[A-Za-z0-9_~-][A-Za-z0-9._~-]{0,199}';
const keyForm = new RegExp(`^${segment}(?:/${segment})*$`);
const prefixForm = new RegExp(`^(?:${segment}/)*(?:${segment})?$`);
const longestKey = 300;

export const isKey = (key: string): boolean => key.length <= longestKey && keyForm.test(key);

/** Throws InputError `file_key_invalid`. */
export function checkKey(key: string): void {
  if (!isKey(key))
    throw new InputError('file_key_invalid', `"${key.slice(0, 80)}" cannot be the key of a file.`);
}

/** Throws InputError `file_key_invalid`. */
export function checkPrefix(prefix: string): void {
  if (!prefixForm.test(prefix) || prefix.length > longestKey)
    throw new InputError('file_key_invalid', `"${prefix.slice(0, 80)}" cannot begin the key of a file.`);
}

export const unknownFile = (key: string): NotFoundError =>
  new NotFoundError('file_unknown', `There is no file "${key}".`);
