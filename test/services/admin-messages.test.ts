/** The page's words: both languages have the same keys, every text parses, and the same places are to be filled. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { IntlMessageFormat } from 'intl-messageformat';
import { loadSources } from '../../catalog/source.ts';
import { loadChannels } from '../../feeds/channel.ts';
import { keptByItself } from '../../services/admin/parts/kept-options.ts';
import { toForm } from '../../services/web/channels.ts';

const folder = join(import.meta.dirname, '../../services/admin/messages');
async function read(language: string): Promise<Record<string, string>> {
  const names = (await readdir(join(folder, language))).filter((name) => name.endsWith('.json'));
  const texts = await Promise.all(names.map((name) => readFile(join(folder, language, name), 'utf8')));
  return Object.assign({}, ...texts.map((text) => JSON.parse(text) as object)) as Record<string, string>;
}

/** A part of a parsed message, as far as it is looked at here. */
interface Part {
  type: number;
  value?: unknown;
  options?: Record<string, { value: Part[] }>;
}
const isPlace = ({ type }: Part): boolean => type >= 1 && type <= 6;
const namesIn = (parts: readonly Part[]): string[] =>
  parts.flatMap((part) => [
    ...(isPlace(part) ? [String(part.value)] : []),
    ...Object.values(part.options ?? {}).flatMap(({ value }) => namesIn(value)),
  ]);
const placesOf = (text: string, language: string): string =>
  [...new Set(namesIn(new IntlMessageFormat(text, language).getAst() as Part[]))].sort().join();
/** In German only: what the service itself says in English. */
const ofService = /^(problem|ending|do|refusal|hold)\./;

describe('the messages of the page', () => {
  it('are the same in German as in English, with the same places to fill', async () => {
    const [en, de] = [await read('en'), await read('de')];
    const keys = Object.keys(de).filter((key) => !ofService.test(key));
    expect(keys.sort()).toEqual(Object.keys(en).sort());
    const places = (texts: Record<string, string>, language: string): [string, string][] =>
      keys.map((key) => [key, placesOf(texts[key] ?? '', language)]);
    expect(places(de, 'de')).toEqual(places(en, 'en'));
  });
  it('name every option of every channel and source, and say where to find it', async () => {
    const options = [...(await loadChannels()).values(), ...(await loadSources()).values()].filter(
      (one) => !('read' in one) || one.test,
    );
    expect(options.length).toBeGreaterThan(7);
    for (const texts of [await read('en'), await read('de')])
      for (const { id, options: schema } of options)
        for (const { name, choices } of toForm({ options: schema })) {
          const own = `option.${id}.${name}`;
          const known = [own, `option.${name}`].find((key) => key in texts);
          if (keptByItself.has(name) || keptByItself.has(`${id}.${name}`)) continue;
          expect([own, known !== undefined]).toEqual([own, true]);
          // a choice says itself what it means
          const words = choices ? choices.map((choice) => `${own}.${choice}`) : [`${known}.help`];
          for (const key of words) expect([key, texts[key]?.length ?? 0]).not.toEqual([key, 0]);
        }
  });
  it('say in German what the service says in English: problems, what to do, refusals', async () => {
    const said = Object.entries(await read('de')).filter(([key]) => ofService.test(key));
    expect(said.length).toBeGreaterThan(100);
    for (const [key, text] of said)
      expect([key, placesOf(text, 'de')]).toEqual([key, key.startsWith('ending.') ? 'field' : '']);
  });
});
