/** Passwords as argon2id hashes in the PHC form; cost as OWASP asks for it. */
import { argon2, randomBytes, timingSafeEqual, type Argon2Parameters } from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify(argon2);

/** 19 MiB, two passes: https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#argon2id */
const cost = { memory: 19_456, passes: 2, parallelism: 1, tagLength: 32 };
/** NIST SP 800-63B-4, 3.1.1.2: length counts, composition rules do not. */
export const leastPassword = 12;

const plain = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '');

export async function hashPassword(password: string): Promise<string> {
  const nonce = randomBytes(16);
  const tag = await derive('argon2id', { message: password.normalize('NFKC'), nonce, ...cost });
  return `$argon2id$v=19$m=${cost.memory},t=${cost.passes},p=${cost.parallelism}$${plain(nonce)}$${plain(tag)}`;
}

/** An unknown user's sign-in takes as long as a known one's: give undefined, get false. */
export async function isPassword(password: string, hash: string | undefined): Promise<boolean> {
  const [, m, t, p, nonce = '', tag = ''] =
    /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([^$]+)\$([^$]+)$/.exec(hash ?? '') ?? [];
  const expected = Buffer.from(tag, 'base64');
  const parameters: Argon2Parameters = {
    message: password.normalize('NFKC'),
    nonce: m === undefined ? randomBytes(16) : Buffer.from(nonce, 'base64'),
    memory: Number(m ?? cost.memory),
    passes: Number(t ?? cost.passes),
    parallelism: Number(p ?? cost.parallelism),
    tagLength: expected.length || cost.tagLength,
  };
  const found = await derive('argon2id', parameters);
  return expected.length > 0 && timingSafeEqual(found, expected);
}
