import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { cutAtWord, htmlToText } from '../../catalog/text.ts';

describe('htmlToText', () => {
  it.each([
    ['<p>One</p><p>two</p>', 'One\ntwo'],
    ['a<br>b<br/>c', 'a\nb\nc'],
    ['un<b>bro</b>ken <i>word</i>', 'unbroken word'],
    ['<ul><li>x</li><li>y</li></ul>', 'x\ny'],
    ['<table><tr><td>Size</td><td>M</td></tr><tr><td>Fit</td><td>slim</td></tr></table>', 'Size M\nFit slim'],
    ['&amp;lt;b&amp;gt; &eacute;&nbsp;&#x1F600;', '&lt;b&gt; é 😀'],
    ['<p>soft\n  wrapped\ttext</p>', 'soft wrapped text'],
    ['a<script>alert("<p>x</p>")</script>b<style>p { color: red }</style>c', 'abc'],
    ['a<!-- hidden -->b', 'ab'],
    ['5 < 6 and 7 > 3', '5 < 6 and 7 > 3'],
    ['bell\u0007 and nul\0, &#7;too', 'bell and nul, too'],
    ['plain text\nwith its own lines\r\n\r\nkept', 'plain text\nwith its own lines\nkept'],
    ['<p>open <b>and never closed', 'open and never closed'],
    ['', ''],
  ])('turns %j into %j', (html, text) => {
    expect(htmlToText(html)).toBe(text);
  });
});

describe('cutAtWord', () => {
  it('leaves a text that fits as it is', () => {
    expect(cutAtWord('as it is ', 9)).toBe('as it is ');
  });

  it('ends between two words', () => {
    expect(cutAtWord('hello brave new world', 13)).toBe('hello brave');
    expect(cutAtWord('hello brave new world', 11)).toBe('hello brave');
  });

  it('cuts an endless word and a script without spaces at the limit', () => {
    expect(cutAtWord('a donaudampfschifffahrt', 10)).toBe('a donaudam');
    expect(cutAtWord('日本語のテキスト', 4)).toBe('日本語の');
  });

  it('never cuts through a grapheme', () => {
    expect(cutAtWord('👨‍👩‍👧‍👦👨‍👩‍👧‍👦', 13)).toBe('👨‍👩‍👧‍👦');
    expect(cutAtWord('cafe\u0301s', 4)).toBe('caf');
  });

  it('gives a beginning of the text within the limit, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), fc.nat(80), (text, max) => {
        const cut = cutAtWord(text, max);
        expect(text.startsWith(cut)).toBe(true);
        expect(cut.length).toBeLessThanOrEqual(Math.max(max, 0));
        expect(cut.isWellFormed()).toBe(true);
      }),
    );
  });
});
