// What every part of the page is made of: elements from data, and calls of the REST API.
export const number = new Intl.NumberFormat();

/** `make('p', { className: 'x' }, 'text', child)`: text never becomes markup. */
export function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children.filter((child) => child !== undefined && child !== ''));
  return element;
}

/** Colours an element as the style sheet colours that status. */
export function tone(element, status) {
  element.style.setProperty('--tone', `var(--${status})`);
  return element;
}

export const note = (text) => make('p', { className: 'soft' }, text);

/** A stacked bar from `[count, status, words]`; what is 0 is left out. */
export function stackedBar(parts) {
  const shown = parts.filter(([count]) => count > 0);
  const words = shown.map(([count, , name]) => `${number.format(count)} ${name}`);
  return make(
    'div',
    { className: 'bar', role: 'img', ariaLabel: words.join(', ') || 'nothing yet' },
    ...shown.map(([count, status], at) => {
      const part = tone(make('i', { title: words[at] }), status);
      part.style.flexGrow = count;
      return part;
    }),
  );
}

export function table(head, rows) {
  const toCells = (cells) =>
    cells.map((cell, at) => {
      const element = make('td', {}, cell ?? '');
      element.dataset.label = head[at];
      return element;
    });
  return make(
    'table',
    {},
    make('thead', {}, make('tr', {}, ...head.map((text) => make('th', { scope: 'col' }, text)))),
    make('tbody', {}, ...rows.map((cells) => make('tr', {}, ...toCells(cells)))),
  );
}

/** The answer's JSON; throws an Error with the problem's words and its `status`. */
export async function call(path, init = {}) {
  const headers = { 'x-requested-with': 'shelfcast', ...init.headers };
  const response = await fetch(path, { ...init, headers });
  if (response.status === 204) return undefined;
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw toError(response.status, body);
  return body;
}

/** Like `call`, for a file: `onProgress` gets the share that has left, 0 to 1. fetch cannot tell it. */
export function send(path, file, onProgress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', path);
    request.setRequestHeader('x-requested-with', 'shelfcast');
    request.setRequestHeader('content-type', 'text/csv');
    request.responseType = 'json';
    request.upload.addEventListener('progress', ({ loaded, total }) =>
      onProgress(total ? loaded / total : 1),
    );
    request.addEventListener('error', () => reject(new Error('The service cannot be reached.')));
    request.addEventListener('load', () => {
      if (request.status < 300) resolve(request.response);
      else reject(toError(request.status, request.response ?? {}));
    });
    request.send(file);
  });
}

function toError(status, { detail, title, hint }) {
  const words = [detail ?? title ?? `The service answered ${status}.`, hint].filter(Boolean).join(' ');
  return Object.assign(new Error(words), { status });
}
