/** The colours that shapes.svg is drawn with, made from one tint. */

/** `#336699` a part of the way (0..1) towards `other`. */
export function mixColours(colour: string, other: string, part: number): string {
  const channel = (from: number): string => {
    const [a, b] = [colour, other].map((text) => Number.parseInt(text.slice(from, from + 2), 16));
    return Math.round((a ?? 0) * (1 - part) + (b ?? 0) * part)
      .toString(16)
      .padStart(2, '0');
  };
  return `#${channel(1)}${channel(3)}${channel(5)}`;
}

/** Gradients and a style sheet with the classes that shapes.svg explains. */
export function drawInks(tint: string): string {
  const light = mixColours(tint, '#ffffff', 0.38);
  const dark = mixColours(tint, '#1d1a20', 0.3);
  const deep = mixColours(tint, '#1d1a20', 0.52);
  return (
    '<defs>' +
    gradient('body', [mixColours(tint, '#ffffff', 0.14), tint, mixColours(tint, '#1d1a20', 0.18)]) +
    gradient('above', [light, tint], 'x2="0" y2="1"') +
    gradient('metal', ['#f3e3b8', '#c9a75c', '#8f7135']) +
    gradient('wood', ['#d2a874', '#b98553', '#94653a']) +
    gradient('leaf', ['#7fae72', '#4c8558', '#2f6246']) +
    '<radialGradient id="shadow"><stop stop-color="#2a241c" stop-opacity=".42"/>' +
    '<stop offset=".6" stop-color="#2a241c" stop-opacity=".14"/>' +
    '<stop offset="1" stop-color="#2a241c" stop-opacity="0"/></radialGradient></defs><style>' +
    `.b{fill:url(#body)}.v{fill:url(#above)}.f{fill:${tint}}.l{fill:${light}}.d{fill:${dark}}.e{fill:${deep}}` +
    '.w{fill:#fff}.p{fill:#fbf7ef}.k{fill:#35343a}.g{fill:#fff;opacity:.26}' +
    '.wood{fill:url(#wood)}.metal{fill:url(#metal)}.leaf{fill:url(#leaf)}' +
    `${stroke('sf', tint)}${stroke('sl', light)}${stroke('sd', dark)}${stroke('se', deep)}` +
    `${stroke('sk', '#35343a')}${stroke('sw', '#ffffff')}${stroke('sm', '#b8934a')}</style>`
  );
}

/** From left to right, or along `end`. */
function gradient(id: string, colours: readonly string[], end = 'x2="1"'): string {
  const stops = colours.map(
    (colour, at) => `<stop offset="${at / (colours.length - 1)}" stop-color="${colour}"/>`,
  );
  return `<linearGradient id="${id}" ${end}>${stops.join('')}</linearGradient>`;
}

const stroke = (name: string, colour: string): string =>
  `.${name}{fill:none;stroke:${colour};stroke-linecap:round;stroke-linejoin:round}`;
