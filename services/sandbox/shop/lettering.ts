/** Capitals drawn as strokes: a bare machine has no fonts, and every machine should draw the same picture. */

/** SVG path on a grid 4 wide and 6 high, y downwards. Combining marks sit above the letter before them. */
const glyphs: Record<string, string> = {
  A: 'M0 6L2 0L4 6M.8 4H3.2', B: 'M0 0V6H2.4A1.6 1.6 0 0 0 2.4 2.8H0M2.2 2.8A1.4 1.4 0 0 0 2.2 0H0',
  C: 'M4 1.2A2.2 2.6 0 0 0 0 3A2.2 2.6 0 0 0 4 4.8', D: 'M0 0V6H1.4A2.6 3 0 0 0 1.4 0Z',
  E: 'M3.6 0H0V6H3.6M0 2.9H3', F: 'M3.6 0H0V6M0 2.9H3', G: 'M4 1.2A2.2 2.6 0 0 0 0 3A2.2 2.6 0 0 0 4 4.8V3.2H2.4',
  H: 'M0 0V6M4 0V6M0 2.9H4', I: 'M2 0V6', J: 'M3 0V4.4A1.5 1.5 0 0 1 0 4.6', K: 'M0 0V6M3.8 0L0 3.4M1.2 2.4L4 6',
  L: 'M0 0V6H3.4', M: 'M0 6V0L2 3.6L4 0V6', N: 'M0 6V0L4 6V0', O: 'M2 0A2 3 0 0 0 2 6A2 3 0 0 0 2 0Z',
  P: 'M0 6V0H2.2A1.6 1.6 0 0 1 2.2 3.3H0', Q: 'M2 0A2 3 0 0 0 2 6A2 3 0 0 0 2 0ZM2.6 4.4L4.2 6.4',
  R: 'M0 6V0H2.2A1.6 1.6 0 0 1 2.2 3.2H0M2 3.2L4 6',
  S: 'M3.7 1A1.9 1.5 0 0 0 2 0A1.8 1.5 0 0 0 2 2.9A1.9 1.5 0 0 1 2 6A2 1.6 0 0 1 .2 4.9',
  T: 'M0 0H4M2 0V6', U: 'M0 0V4A2 2 0 0 0 4 4V0', V: 'M0 0L2 6L4 0', W: 'M-.2 0L1 6L2 2.4L3 6L4.2 0',
  X: 'M0 0L4 6M4 0L0 6', Y: 'M0 0L2 3L4 0M2 3V6', Z: 'M0 0H4L0 6H4',
  0: 'M2 0A1.8 3 0 0 0 2 6A1.8 3 0 0 0 2 0Z', 1: 'M.8 1.2L2.2 0V6', 2: 'M.2 1.6A1.8 1.7 0 0 1 3.8 1.8C3.8 3.4 .4 4.4 .2 6H3.9',
  3: 'M.3 .8A1.8 1.5 0 0 1 2 2.9A1.7 1.6 0 0 1 .1 5.1', 5: 'M3.6 0H.6L.4 2.6A1.9 1.8 0 1 1 .2 5.2', 7: 'M0 0H4L1.4 6',
  '.': 'M1 5.8V6', '&': 'M4 6L1 1.8A1 1 0 1 1 2.6 1.8L.8 3.4A1.6 1.5 0 0 0 3.6 4.4', '?': 'M.4 1A1.6 1.6 0 1 1 2 3V4M2 5.8V6',
  '\u0300': 'M1.4 -1.8L2.4 -1', '\u0301': 'M2.6 -1.8L1.6 -1', '\u0308': 'M1.2 -1.4V-1.2M2.8 -1.4V-1.2',
}; // prettier-ignore

const advance = 6.2;

/** An SVG group with `text` centred on `x`, its capitals `height` high and standing on `y`. */
export function drawLettering(text: string, x: number, y: number, height: number, colour: string): string {
  const scale = height / 6;
  let at = 0;
  let paths = '';
  for (const character of text.toUpperCase().normalize('NFD')) {
    const isMark = /\p{M}/u.test(character);
    const glyph = glyphs[character] ?? '';
    if (glyph) paths += `<path transform="translate(${isMark ? at - advance : at} 0)" d="${glyph}"/>`;
    if (!isMark) at += advance;
  }
  const left = x - ((at - advance + 4) * scale) / 2;
  return (
    `<g transform="translate(${left} ${y - height}) scale(${scale})" fill="none" stroke="${colour}" ` +
    `stroke-width=".7" stroke-linecap="round" stroke-linejoin="round">${paths}</g>`
  );
}
