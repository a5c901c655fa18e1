/** The page's words: both languages have the same keys, every text parses, and German says what the service says. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { IntlMessageFormat } from 'intl-messageformat';

const folder = join(import.meta.dirname, '../../services/admin/messages');
async function read(language: string): Promise<Record<string, string>> {
  const names = (await readdir(join(folder, language))).filter((name) => name.endsWith('.json'));
  const texts = await Promise.all(names.map((name) => readFile(join(folder, language, name), 'utf8')));
  return Object.assign({}, ...texts.map((text) => JSON.parse(text) as object)) as Record<string, string>;
}
const placesOf = (text: string): string[] => [...new Set([...text.matchAll(/\{(\w+)/g)].map(([, name = '']) => name))].sort(); // prettier-ignore
/** In German only: what the service itself says in English. */
const ofService = /^(problem|ending|do|refusal|hold)\./;

describe('the messages of the page', () => {
  it('are the same in German as in English, with the same places to fill', async () => {
    const [en, de] = [await read('en'), await read('de')];
    expect(
      Object.keys(de)
        .filter((key) => !ofService.test(key))
        .sort(),
    ).toEqual(Object.keys(en).sort());
    const names = (text: string | undefined): string[] => placesOf(text ?? '').filter((name) => /^[a-z]/.test(name)); // prettier-ignore
    const unlike = Object.keys(en).filter((key) => {
      const [one, other] = [names(en[key]), names(de[key])];
      return !other.every((name) => one.includes(name) || /^(one|other|zero)$/.test(name)) && one.length > 0;
    });
    expect(unlike).toEqual([]);
  });
  it.each(['en', 'de'])('parse as ICU messages in %s', async (language) => {
    for (const [key, text] of Object.entries(await read(language)))
      expect({ key, parsed: new IntlMessageFormat(text, language).getAst().length > 0 }).toEqual({
        key,
        parsed: true,
      });
  });
});
