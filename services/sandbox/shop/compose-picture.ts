/** One product picture as SVG. */
import { drawInks, mixColours } from './inks.ts';
import { drawLettering } from './lettering.ts';
import type { Picture } from './pictures.ts';

/** The shape in its tint, on paper or in a room, with the product's name below. */
export function composePicture(picture: Picture, shape: string): string {
  const { width, height, view, special } = picture;
  const before = special === 'alpha' ? '' : view === 'scene' ? drawRoom(picture) : drawPaper(picture);
  const unit = Math.min(width, height) / 1000;
  const zoom = view === 'close' ? 1.7 : height > width ? 1.45 : 1.04;
  const x = width / 2 - 500 * unit * zoom;
  const y = height / 2 - 505 * unit * zoom;
  const label = view
    ? ''
    : drawLettering(picture.label, width / 2, height - 70 * unit, 20 * unit, special ? '#8a857d' : '#a39d93');
  const shadow = hangingKinds.has(picture.draw)
    ? ''
    : '<ellipse cx="510" cy="800" rx="400" ry="46" fill="url(#shadow)"/>';
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">` +
    `${drawInks(picture.tint)}${before}<g transform="translate(${x} ${y}) scale(${unit * zoom})">` +
    `${shadow}${shape}</g>${label}</svg>`
  );
}

/** Kinds that stand on nothing. */
const hangingKinds = new Set(
  'clock dress earrings necklace neon pendant poster print towel watch'.split(' '),
);

/** The studio's paper: nearly white, a breath of the product's colour towards the edge. */
function drawPaper({ tint, view }: Picture): string {
  const edge = mixColours('#f3efe8', tint, view === 'close' ? 0.3 : 0.1);
  return (
    `<radialGradient id="paper" cx=".5" cy=".45" r=".75"><stop offset="0" stop-color="#ffffff"/>` +
    `<stop offset=".45" stop-color="#fcfaf7"/><stop offset="1" stop-color="${edge}"/></radialGradient>` +
    '<rect width="100%" height="100%" fill="url(#paper)"/>'
  );
}

/** A wall with light from a window, and a table to stand on. */
function drawRoom({ tint, draw, width, height }: Picture): string {
  const wall = mixColours(mixColours('#e9e2d6', tint, 0.25), '#ffffff', 0.1);
  const shade = mixColours(wall, '#3a332b', 0.16);
  const table = Math.round(height * (hangingKinds.has(draw) ? 0.93 : 0.74));
  const pane = (x: number): string =>
    `<path d="M${x * width} 0h${width * 0.13}l${-width * 0.2} ${table}h${-width * 0.13}z" fill="#fff" opacity=".22"/>`;
  return (
    `<linearGradient id="wall" x2="1" y2=".6"><stop stop-color="${wall}"/><stop offset="1" stop-color="${shade}"/></linearGradient>` +
    `<rect width="${width}" height="${height}" fill="url(#wall)"/>${pane(0.26)}${pane(0.42)}` +
    `<rect y="${table}" width="${width}" height="${height - table}" fill="#b98d61"/>` +
    `<rect y="${table}" width="${width}" height="${height * 0.012}" fill="#d3aa7d"/>` +
    `<path d="M0 ${table + height * 0.09}H${width}M0 ${table + height * 0.18}H${width}" stroke="#a67b50" stroke-width="${height * 0.003}"/>`
  );
}
