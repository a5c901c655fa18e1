import { describe, expect, test } from '@jest/globals';
import type { Http } from '../../catalog/context.ts';
import { ChannelError, NoAnswerError } from '../../catalog/errors.ts';
import { createSession, toRenewAfter, type FreshTokens, type Tokens } from '../../feeds/oauth.ts';

/** A channel that knows which tokens are good, and what was kept of them. */
function fakeChannel(good: string[] = []) {
  const http: Http = { fetch: () => Promise.reject(new Error('nobody is asked')) };
  const channel = {
    http,
    now: Date.parse('2026-11-25T12:00:00Z'),
    good: new Set(good),
    renewals: 0,
    fault: undefined as Error | undefined,
    kept: [] as Tokens[],
    keeping: async (): Promise<void> => undefined,
    session: (tokens: Tokens) =>
      createSession({
        tokens,
        http,
        now: () => channel.now,
        refusedCode: 'token_invalid',
        keep: async (changed) => {
          await channel.keeping();
          channel.kept.push(changed);
        },
        renew: async (refreshToken): Promise<FreshTokens> => {
          await Promise.resolve();
          if (channel.fault) throw channel.fault;
          channel.renewals += 1;
          channel.good = new Set([`access-${channel.renewals}`]);
          return { accessToken: `access-${channel.renewals}`, refreshToken: `${refreshToken}+` };
        },
      }),
    call: async (accessToken: string): Promise<string> => {
      await Promise.resolve();
      if (!channel.good.has(accessToken)) throw new ChannelError('token_invalid', 'The token is dead.');
      return accessToken;
    },
  };
  return channel;
}

describe('a session', () => {
  test('uses the token it has while that is good', async () => {
    const channel = fakeChannel(['old']);
    expect(await channel.session({ accessToken: 'old', refreshToken: 'r' }).run(channel.call)).toBe('old');
    expect(channel.renewals).toBe(0);
  });

  test('renews a refused token once, keeps it, and does the work again', async () => {
    const channel = fakeChannel();
    const session = channel.session({ accessToken: 'old', refreshToken: 'r' });
    expect(await session.run(channel.call)).toBe('access-1');
    expect(await session.run(channel.call)).toBe('access-1');
    expect(channel.kept).toEqual([{ accessToken: 'access-1', refreshToken: 'r+' }]);
  });

  test('renews once for all that wait, also in other sessions that still hold the old token', async () => {
    const channel = fakeChannel();
    const tokens = { accessToken: 'old', refreshToken: 'r' };
    const [one, other] = [channel.session(tokens), channel.session(tokens)];
    const answers = await Promise.all([one, other, one, other].map((session) => session.run(channel.call)));
    expect(answers).toEqual(['access-1', 'access-1', 'access-1', 'access-1']);
    expect(await channel.session(tokens).run(channel.call)).toBe('access-1');
    expect(channel.renewals).toBe(1);
  });

  test('renews before the end that the channel told', async () => {
    const at = (ms: number) => new Date(Date.parse('2026-11-25T12:00:00Z') + ms).toISOString();
    const [ending, fresh] = [fakeChannel(['old']), fakeChannel(['old'])];
    const tokens = { accessToken: 'old', refreshToken: 'r' };
    expect(await ending.session({ ...tokens, renewAfter: at(0) }).run(ending.call)).toBe('access-1');
    expect(await fresh.session({ ...tokens, renewAfter: at(1) }).run(fresh.call)).toBe('old');
    expect(toRenewAfter(1_000, Date.parse(at(0)))).toBe(at(900_000));
  });

  test('gets its first access token by the refresh token', async () => {
    const channel = fakeChannel();
    expect(await channel.session({ refreshToken: 'r' }).run(channel.call)).toBe('access-1');
  });

  test('uses no token that could not be kept: a crash then finds the old ones and renews again', async () => {
    const channel = fakeChannel();
    const used: string[] = [];
    const work = async (token: string): Promise<string> => {
      used.push(token);
      return channel.call(token);
    };
    channel.keeping = () => Promise.reject(new Error('the database is gone'));
    const session = channel.session({ accessToken: 'old', refreshToken: 'r' });
    await expect(session.run(work)).rejects.toThrow('the database is gone');
    expect(used).toEqual(['old']);
    channel.keeping = async () => undefined;
    expect(await session.run(work)).toBe('access-1');
    // the next process knows only what was stored
    const after = fakeChannel();
    expect(await after.session({ accessToken: 'old', refreshToken: 'r' }).run(after.call)).toBe('access-1');
  });

  test('tries a renewal again that got no answer, and tells when it is refused', async () => {
    const channel = fakeChannel();
    const session = channel.session({ accessToken: 'old', refreshToken: 'r' });
    channel.fault = new NoAnswerError('no_answer', 'Nobody answers.');
    await expect(session.run(channel.call)).rejects.toThrow('Nobody answers.');
    channel.fault = new ChannelError('renewal_refused', 'Sign in again.');
    await expect(session.run(channel.call)).rejects.toThrow('Sign in again.');
    channel.fault = undefined;
    expect(await session.run(channel.call)).toBe('access-1');
  });

  test('lets the refusal through when there is no refresh token', async () => {
    const channel = fakeChannel();
    await expect(channel.session({ accessToken: 'old' }).run(channel.call)).rejects.toThrow(
      'The token is dead.',
    );
    expect(channel.renewals).toBe(0);
  });
});
