import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { createLog, redact } from '../../services/log.ts';

/** What one line becomes. */
function write(
  logFormat: 'json' | 'pretty',
  fields: Record<string, unknown>,
  message = 'tried',
  logLevel: 'info' | 'debug' = 'info',
): string {
  const out = new PassThrough();
  createLog({ logLevel, logFormat }, out).error(message, fields);
  return String(out.read() ?? '');
}

describe('a line of the log', () => {
  it('is one JSON object in production, with the fields of every child', () => {
    const out = new PassThrough();
    const log = createLog({ logLevel: 'info', logFormat: 'json' }, out);
    log.child({ requestId: 'q1' }).child({ runId: 'r1' }).warn('slow', { ms: 12 });
    const line = String(out.read());
    expect(line.trim().split('\n')).toHaveLength(1);
    expect(JSON.parse(line)).toEqual({
      level: 'warn',
      message: 'slow',
      requestId: 'q1',
      runId: 'r1',
      ms: 12,
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    });
  });

  it('reads as a sentence with its fields in a terminal', () => {
    expect(write('pretty', { runId: 'r1', file: 'two words.csv', n: 3n })).toMatch(
      /^\d\d:\d\d:\d\d error tried runId=r1 file="two words\.csv" n="?3"?\n$/,
    );
  });

  it('shows the stacks of an error and of its causes in a terminal', () => {
    const error = new Error('outer', { cause: new TypeError('inner') });
    expect(write('pretty', { error })).toMatch(/Error: outer\n[\s\S]*caused by:\n {2}TypeError: inner\n/);
  });

  it('keeps its own message when a field has that name too', () => {
    expect(JSON.parse(write('json', { message: 'from the field' }))).toMatchObject({ message: 'tried' });
  });

  it('is not written below the level that is asked for', () => {
    const out = new PassThrough();
    const log = createLog({ logLevel: 'warn', logFormat: 'json' }, out);
    log.info('quiet');
    log.debug('quieter');
    expect(out.read()).toBeNull();
    log.warn('loud');
    expect(String(out.read())).toContain('loud');
  });

  it('lets no text from outside break it or steer the terminal', () => {
    const line = write('pretty', { title: 'mug\u001b[2J', word: 'a\u009b31m' }, 'a\nfake line');
    expect(line.trim().split('\n')).toHaveLength(1);
    expect(line.trim()).not.toMatch(/\p{Cc}/u);
  });
});

describe('secrets', () => {
  it.each([
    'token', 'accessToken', 'access_token', 'API_TOKEN', 'appSecret', 'password', 'passwd', 'Authorization',
    'apiKey', 'api-key', 'api key', 'encryptionKey', 'cookie', 'set-cookie', 'credentials',
  ])('are hidden under the key %s, at any depth', (key) => {
    expect(write('json', { outer: [{ [key]: 'hush' }] })).not.toContain('hush');
    expect(write('pretty', { [key]: { deep: 'hush' } })).not.toContain('hush');
  }); // prettier-ignore

  it.each([
    'https://graph.example/v25.0/me?access_token=hush',
    'https://graph.example/v25.0/me?fields=id&appsecret_proof=hush&limit=1',
    'mongodb://user:hush@db.example:27017/shop',
    'grant_type=refresh&client_secret=hush',
    'the server said {"access_token":"hush","expires":1}',
    'sent Authorization: Bearer hushhushhushhush',
    'GET /feeds/shop/meta/hushhushhushhushhushhushhushhush.csv',
  ])('are hidden inside %s', (text) => {
    expect(write('json', { text })).not.toContain('hush');
    expect(write('json', {}, text)).not.toContain('hush');
    expect(write('json', { error: new Error(text, { cause: new Error(text) }) })).not.toContain('hush');
    expect(write('pretty', { error: new Error(text, { cause: new Error(text) }) })).not.toContain('hush');
  });

  it('take nothing else with them', () => {
    const text = 'Meta refuses the access token: it has expired. See https://x.example/a?page=2&q=red+mug';
    expect(redact(text)).toBe(text);
    const place = 'at Object.send (/srv/shelfcast/feeds/channels/meta/answers.ts:60:16)';
    expect(redact(place)).toBe(place);
    expect(redact({ keyword: 'mug', monkey: 'ape', path: '/feeds/shop' })).toEqual({
      keyword: 'mug',
      monkey: 'ape',
      path: '/feeds/shop',
    });
  });
});

describe('what is logged', () => {
  it('keeps the code, the hint and all errors of an error', () => {
    const error = Object.assign(new AggregateError([new Error('one'), new Error('two')], 'both'), {
      code: 'no_answer',
    });
    expect(redact(error)).toMatchObject({
      name: 'AggregateError',
      code: 'no_answer',
      errors: [{ message: 'one' }, { message: 'two' }],
    });
  });

  it('is cut where it would have no end', () => {
    expect(redact(Buffer.alloc(5_000_000))).toBe('[5000000 bytes]');
    expect(String(redact('x'.repeat(1_000_000))).length).toBeLessThan(11_000);
    expect(redact(Array.from({ length: 5_000 }, (_, n) => n))).toHaveLength(100);
    const error = new Error('around');
    error.cause = error;
    expect(JSON.stringify(redact(error))).toContain('[deep]');
  });

  it('shows addresses, sets and maps by what they hold', () => {
    expect(redact(new URL('https://x.example/?token=hush'))).toBe('https://x.example/?token=[hidden]');
    expect(redact(new Set([1, 2]))).toEqual([1, 2]);
    expect(redact(new Map([['token', 'hush']]))).toEqual({ token: '[hidden]' });
  });

  it('costs no more for a text that looks like a secret all the way', () => {
    const from = performance.now();
    redact('?keytoken"secret'.repeat(100_000));
    redact(`/feeds/${'a/'.repeat(100_000)}`);
    expect(performance.now() - from).toBeLessThan(1_000);
  });
});
