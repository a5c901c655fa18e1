import { describe, expect, it } from '@jest/globals';
import { hashPassword, isPassword } from '../../../services/accounts/passwords.ts';

describe('a password', () => {
  it('is kept as an argon2id hash with its own salt, and known again', async () => {
    const [one, two] = await Promise.all([
      hashPassword('correct horse battery'),
      hashPassword('correct horse battery'),
    ]);
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(one).not.toBe(two);
    expect(await isPassword('correct horse battery', one)).toBe(true);
    expect(await isPassword('correct horse batterY', one)).toBe(false);
  });

  it('is the same however its letters are composed', async () => {
    expect(await isPassword('Schlu\u0308ssel-Wort', await hashPassword('Schl\u00fcssel-Wort'))).toBe(true);
  });

  it('is verified with the cost that its hash names, so that the cost can be raised later', async () => {
    // made by the reference implementation (argon2 20190702): echo -n password | argon2 somesalt -id -t 2 -m 16 -p 1 -l 24
    const known = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
    expect(await isPassword('password', known)).toBe(true);
  });

  it('is never right where there is no hash, or a broken one', async () => {
    for (const hash of [undefined, '', '$argon2id$v=19$m=19456,t=2,p=1$abc'])
      expect(await isPassword('anything', hash)).toBe(false);
  });
});
