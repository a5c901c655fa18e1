// The plain first page: what is where, what is running, what needs fixing. It talks to the REST API only.
import { call, make, note, number, send, stackedBar, table, tone } from './elements.js';
import { followRuns } from './runs.js';

const statuses = ['accepted', 'sent', 'pending', 'blocked', 'rejected', 'removed'];
/** How often runs that were started elsewhere are looked for. */
const lookEveryMs = 10_000;
/** Counting a large catalog costs the service something: at most this often while a run goes on. */
const countEveryMs = 2_000;
const main = document.querySelector('#main');
const picker = document.querySelector('#catalogs');
let leave = () => undefined;

async function start() {
  try {
    const { items } = await call('/api/v1/catalogs');
    document.querySelector('#sign-out').hidden = false;
    picker.replaceChildren(...items.map(({ id, name }) => make('option', { value: id }, name)));
    picker.parentElement.hidden = items.length === 0;
    if (items.length > 0) showCatalog(picker.value);
    else main.replaceChildren(document.querySelector('#no-catalog').content.cloneNode(true));
  } catch (error) {
    showFailure(error);
  }
}

function showFailure(error) {
  leave();
  if (error.status === 401) showSignIn();
  else main.replaceChildren(make('p', { className: 'card problem', role: 'alert' }, error.message));
}

function showSignIn() {
  document.querySelector('#sign-out').hidden = true;
  picker.parentElement.hidden = true;
  main.replaceChildren(document.querySelector('#sign-in-form').content.cloneNode(true));
  const form = main.querySelector('form');
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const body = JSON.stringify({ token: form.elements.token.value.trim() });
    try {
      await call('/session', { method: 'POST', body, headers: { 'content-type': 'application/json' } });
      await start();
    } catch (error) {
      tell(form, error.message);
    }
  });
  form.elements.token.focus();
}

function tell(place, message) {
  const problem = place.querySelector('.problem');
  problem.textContent = message ?? '';
  problem.hidden = !message;
}

function showCatalog(id) {
  leave();
  main.replaceChildren(document.querySelector('#catalog-view').content.cloneNode(true));
  const at = `/api/v1/catalogs/${id}`;
  const parts = Object.fromEntries(
    [...main.querySelectorAll('[data-part]')].map((part) => [part.dataset.part, part.querySelector('.body')]),
  );
  const guard = (work) => work.catch(showFailure);
  // each view keeps its own places, so that a late answer for another catalog lands nowhere
  const count = atMostEvery(countEveryMs, () =>
    guard(
      Promise.all([
        showChannels(at, parts.channels),
        showIssues(at, parts.issues),
        showStopped(at, parts.stopped),
      ]),
    ),
  );
  const runs = followRuns(at, parts.runs, count);
  const look = () => (document.hidden ? undefined : guard(runs.refresh()));
  const timer = setInterval(look, lookEveryMs);
  leave = () => {
    clearInterval(timer);
    runs.stop();
    count.stop();
    leave = () => undefined;
  };
  addUpload(at, main.querySelector('[data-part=upload]'), look);
  count();
  look();
}

/** Calls `work` at once, and calls that come too soon after are gathered into one. */
function atMostEvery(ms, work) {
  let last = 0;
  let timer;
  const run = () => {
    timer = undefined;
    last = Date.now();
    void work();
  };
  return Object.assign(() => (timer ??= setTimeout(run, Math.max(0, last + ms - Date.now()))), {
    stop: () => clearTimeout(timer),
  });
}

function addUpload(at, card, onStarted) {
  const form = card.querySelector('form');
  const bar = card.querySelector('progress');
  const button = form.querySelector('button');
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const file = form.elements.file.files[0];
    tell(card);
    button.disabled = true;
    bar.value = 0;
    bar.hidden = false;
    try {
      await send(`${at}/imports?name=${encodeURIComponent(file.name)}`, file, (share) => (bar.value = share));
      form.reset();
      await onStarted();
    } catch (error) {
      tell(card, error.message);
    } finally {
      button.disabled = false;
      bar.hidden = true;
    }
  });
}

async function showChannels(at, place) {
  const { channels, paused, products } = await call(`${at}/status`);
  const blocks = Object.entries(channels).flatMap(([channel, counts]) =>
    drawChannel(channel, counts, paused[channel]),
  );
  const words = `${number.format(products)} products`;
  place.replaceChildren(
    ...(blocks.length > 0 ? [note(words), ...blocks] : [note(`${words}, no channel connected yet.`)]),
  );
}

function drawChannel(channel, counts, pause) {
  const all = statuses.reduce((sum, status) => sum + counts[status], 0);
  const legend = statuses.map((status) => {
    const words = [make('b', {}, number.format(counts[status])), ` ${status}`];
    return tone(make('li', { className: counts[status] > 0 ? '' : 'soft' }, ...words), status);
  });
  return [
    make('h3', {}, channel, make('span', { className: 'soft' }, `${number.format(all)} items`)),
    stackedBar(statuses.map((status) => [counts[status], status, status])),
    make('ul', { className: 'legend' }, ...legend),
    ...(pause ? [make('p', { className: 'problem' }, `Reconnect needed: ${pause.message}`)] : []),
  ];
}

const withHint = (message, hint) =>
  make('span', {}, message ?? '', hint ? make('small', { className: 'below' }, hint) : '');

async function showIssues(at, place) {
  const { items } = await call(`${at}/issues?limit=30`);
  const rows = items.map(({ count, channel, field, severity, message, hint, sample }) => [
    number.format(count),
    tone(make('span', { className: 'tag' }, severity), severity === 'error' ? 'rejected' : 'blocked'),
    channel,
    field,
    withHint(message, hint),
    make('small', {}, sample[0] ?? ''),
  ]);
  const head = ['Items', 'Weight', 'Channel', 'Field', 'What is wrong, and what to do', 'For example'];
  place.replaceChildren(rows.length > 0 ? table(head, rows) : note('Nothing.'));
}

async function showStopped(at, place) {
  const pages = await Promise.all(
    ['rejected', 'blocked'].map((status) => call(`${at}/listings?status=${status}&limit=50`)),
  );
  const rows = pages
    .flatMap(({ items }) => items)
    .map((listing) => {
      const worst = listing.issues.find(({ severity }) => severity === 'error') ?? listing.issues[0];
      return [
        withHint(listing.title, listing.offerId),
        listing.channel,
        tone(make('span', { className: 'tag' }, listing.status), listing.status),
        withHint(worst?.message, worst?.hint),
      ];
    });
  const more = pages.some(({ next }) => next) ? [note('Only the first 50 of each status are shown.')] : [];
  place.replaceChildren(
    ...(rows.length > 0
      ? [table(['Item', 'Channel', 'Status', 'Why, and what to do'], rows), ...more]
      : [note('Every item is live or on its way.')]),
  );
}

picker.addEventListener('change', () => showCatalog(picker.value));
document.querySelector('#sign-out').addEventListener('click', async () => {
  await call('/session', { method: 'DELETE' });
  location.reload();
});
await start();
