/** Seals credentials before they go to the database: AES-256-GCM under a key that stays outside it. */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { ConfigError } from '../catalog/errors.ts';

export interface Vault {
  seal(value: unknown): string;
  /** Throws ConfigError when the key is another one than that it was sealed with. */
  open(sealed: string): unknown;
}

const version = 'v1';

export function createVault(encryptionKey: string): Vault {
  const key = createHash('sha256').update(encryptionKey).digest();
  return {
    seal(value) {
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', key, nonce);
      const sealed = Buffer.concat([cipher.update(JSON.stringify(value), 'utf8'), cipher.final()]);
      return [version, nonce, cipher.getAuthTag(), sealed]
        .map((part) => (typeof part === 'string' ? part : part.toString('base64url')))
        .join('.');
    },
    open(sealed) {
      const [found, nonce, tag, body] = sealed.split('.');
      try {
        if (found !== version || !nonce || !tag || body === undefined) throw new Error('not a sealed value');
        const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(nonce, 'base64url'));
        decipher.setAuthTag(Buffer.from(tag, 'base64url'));
        const text = Buffer.concat([decipher.update(Buffer.from(body, 'base64url')), decipher.final()]);
        return JSON.parse(text.toString('utf8')) as unknown;
      } catch (cause) {
        throw new ConfigError(
          'credentials_unreadable',
          'Stored credentials cannot be opened with this ENCRYPTION_KEY.',
          {
            hint: 'Give the key they were saved with, or connect the channel again.',
            cause,
          },
        );
      }
    },
  };
}
