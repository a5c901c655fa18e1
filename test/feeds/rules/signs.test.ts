import { describe, expect, test } from '@jest/globals';
import { withoutSigns } from '../../../feeds/rules/signs.ts';

describe('a text without emoji and control characters', () => {
  test.each([
    ['Summer 😀 shirt', 'Summer shirt'],
    ['👨‍👩‍👧‍👦 Family mug', 'Family mug'],
    ['Love ❤️!', 'Love!'],
    ['Flag 🇩🇪 and 🏴󠁧󠁢󠁥󠁮󠁧󠁿', 'Flag and'],
    ['Key 1️⃣ holder', 'Key holder'],
    ['Wave 👋🏽, hello', 'Wave, hello'],
    ['Sun ☀ hat', 'Sun hat'],
    ['Copyright ©️ here', 'Copyright here'],
    ['a\u0007b\u200bc\ufeff', 'abc'],
    ['half \ud83d pair', 'half pair'],
    ['one 😀\ntwo', 'one\ntwo'],
  ])('%j becomes %j', (text, clean) => {
    expect(withoutSigns(text)).toBe(clean);
  });

  test.each([
    'Acme® shirt™ © 2026, 3 × 5 m², 50 %',
    'Ünïcödé – “quotes” … 日本語 العربية हिन्दी ไทย עברית',
    'می‌خواهم',
    'क्‍ष',
    'first line\n\tsecond',
    '#1 * 7 ↔ reversible',
  ])('%j stays as it is', (text) => {
    expect(withoutSigns(text)).toBe(text);
  });
});
