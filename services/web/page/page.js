// The plain first page: what is where, what is running, what needs fixing. It talks to the REST API only.
const statuses = ['accepted', 'sent', 'pending', 'blocked', 'rejected', 'removed'];
const number = new Intl.NumberFormat();
const main = document.querySelector('#main');
const picker = document.querySelector('#catalogs');
let streams = [];

/** `make('p', { className: 'x' }, 'text', child)`: elements from data, text never as markup. */
function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children.filter((child) => child !== undefined && child !== ''));
  return element;
}
const tone = (element, status) => (element.style.setProperty('--tone', `var(--${status})`), element);

async function call(path, init = {}) {
  const headers = { 'x-requested-with': 'shelfcast', ...init.headers };
  const response = await fetch(path, { ...init, headers });
  if (response.status === 204) return undefined;
  const body = await response.json().catch(() => ({}));
  if (!response.ok)
    throw Object.assign(
      new Error([body.detail ?? response.statusText, body.hint].filter(Boolean).join(' ')),
      { status: response.status },
    );
  return body;
}

async function start() {
  try {
    const { items } = await call('/api/v1/catalogs');
    document.querySelector('#sign-out').hidden = false;
    picker.replaceChildren(...items.map(({ id, name }) => make('option', { value: id }, name)));
    picker.parentElement.hidden = items.length < 2;
    if (items.length === 0) {
      main.replaceChildren(
        make(
          'section',
          { className: 'card' },
          make('h2', {}, 'No catalog yet'),
          make('p', {}, 'Make the first one: '),
          make('code', {}, 'npm run shelfcast -- catalogs create my-shop --url https://my-shop.example'),
        ),
      );
      return;
    }
    await showCatalog(picker.value);
  } catch (error) {
    if (error.status === 401) showSignIn();
    else main.replaceChildren(make('p', { className: 'card problem' }, error.message));
  }
}

function showSignIn() {
  main.replaceChildren(document.querySelector('#sign-in-form').content.cloneNode(true));
  const form = main.querySelector('form');
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const token = new FormData(form).get('token').trim();
    try {
      await call('/session', {
        method: 'POST',
        body: JSON.stringify({ token }),
        headers: { 'content-type': 'application/json' },
      });
      await start();
    } catch (error) {
      tell(form, error.message);
    }
  });
}

function tell(place, message) {
  const problem = place.querySelector('.problem');
  problem.textContent = message;
  problem.hidden = false;
}

async function showCatalog(id) {
  for (const stream of streams.splice(0)) stream.close();
  main.replaceChildren(document.querySelector('#catalog-view').content.cloneNode(true));
  const at = `/api/v1/catalogs/${id}`;
  const upload = main.querySelector('[data-part=upload]');
  upload.querySelector('form').addEventListener('submit', async (event) => {
    event.preventDefault();
    const file = new FormData(event.target).get('file');
    try {
      await call(`${at}/imports?name=${encodeURIComponent(file.name)}`, {
        method: 'POST',
        body: file,
        headers: { 'content-type': 'text/csv' },
      });
      await showCatalog(id);
    } catch (error) {
      tell(upload, error.message);
    }
  });
  await Promise.all([showChannels(at), showRuns(at, id), showIssues(at), showStopped(at)]);
}

function fill(part, ...children) {
  const section = main.querySelector(`[data-part=${part}]`);
  section?.replaceChildren(section.querySelector('h2'), ...children);
}

async function showChannels(at) {
  const { channels, paused, products } = await call(`${at}/status`);
  const blocks = Object.entries(channels).flatMap(([channel, counts]) => {
    const all = statuses.reduce((sum, status) => sum + counts[status], 0);
    const shown = statuses.filter((status) => counts[status] > 0);
    const bar = make(
      'div',
      { className: 'bar', role: 'img', ariaLabel: shown.map((s) => `${counts[s]} ${s}`).join(', ') },
      ...shown.map((status) => {
        const part = tone(make('i'), status);
        part.style.flexGrow = counts[status];
        return part;
      }),
    );
    const legend = make(
      'ul',
      { className: 'legend' },
      ...shown.map((status) =>
        tone(make('li', {}, make('b', {}, number.format(counts[status])), ` ${status}`), status),
      ),
    );
    const head = make(
      'div',
      { className: 'channel' },
      make('span', {}, channel),
      make('span', { className: 'soft' }, `${number.format(all)} items`),
    );
    return [
      head,
      bar,
      legend,
      paused[channel]
        ? make('p', { className: 'problem' }, `Reconnect needed: ${paused[channel].message}`)
        : '',
    ];
  });
  fill(
    'channels',
    ...blocks.filter(Boolean),
    blocks.length === 0
      ? make('p', { className: 'soft' }, `${number.format(products)} products, no channel connected yet.`)
      : '',
  );
}

async function showRuns(at, id) {
  const { items } = await call(`${at}/runs?limit=6`);
  fill(
    'runs',
    ...items.map((run) => drawRun(run, id)),
    items.length === 0 ? make('p', { className: 'soft' }, 'Nothing has run yet.') : '',
  );
  for (const run of items.filter(({ status }) => status === 'running')) {
    const stream = new EventSource(`/api/v1/runs/${encodeURIComponent(run.id)}/events`);
    streams.push(stream);
    stream.addEventListener('run', async ({ data }) => {
      const now = JSON.parse(data);
      document.getElementById(run.id)?.replaceWith(drawRun(now, id));
      await showChannels(at);
      if (now.status === 'running') return;
      stream.close();
      await Promise.all([showIssues(at), showStopped(at)]);
    });
    stream.addEventListener('error', () => stream.readyState === EventSource.CLOSED && stream.close());
  }
}

const tones = { done: 'accepted', running: 'sent', held: 'blocked', failed: 'rejected', rejected: 'removed' };

function drawRun(run, catalogId) {
  const { products } = run;
  const changed = `${number.format(products.new)} new, ${number.format(products.changed)} changed, ${number.format(products.unchanged)} unchanged, ${number.format(products.removed)} removed`;
  const head = make(
    'p',
    {},
    tone(make('span', { className: 'tag' }, run.status), tones[run.status]),
    make('b', {}, run.source?.name ?? run.kind),
    make('span', { className: 'soft' }, `${new Date(run.startedAt).toLocaleString()} by ${run.startedBy}`),
    run.kind === 'import' ? make('span', { className: 'soft' }, changed) : '',
    run.kind === 'import'
      ? make('a', { href: `/api/v1/runs/${encodeURIComponent(run.id)}/issues.csv` }, 'bad rows')
      : '',
  );
  const phases = make(
    'div',
    { className: 'phases' },
    ...run.phases.flatMap((phase) => {
      const bar = make(
        'div',
        { className: 'bar' },
        ...[
          ['done', 'accepted'],
          ['skipped', 'removed'],
          ['blocked', 'blocked'],
          ['failed', 'rejected'],
        ]
          .filter(([key]) => phase[key] > 0)
          .map(([key, status]) => {
            const part = tone(make('i', { title: `${phase[key]} ${key}` }), status);
            part.style.flexGrow = phase[key];
            return part;
          }),
      );
      return [
        make('span', {}, phase.name),
        bar,
        make('span', {}, `${number.format(phase.in)} ${phase.unit}`),
      ];
    }),
  );
  const hold =
    run.status === 'held' && run.hold
      ? make(
          'div',
          { className: 'hold' },
          make('p', {}, run.hold.message),
          make('p', { className: 'soft' }, `For example: ${run.hold.sample.slice(0, 5).join(', ')}`),
          ...['approve', 'reject'].map((decision) =>
            make(
              'button',
              { onclick: () => decide(run.id, decision, catalogId) },
              decision === 'approve' ? `Remove ${number.format(run.hold.missing)} products` : 'Keep them',
            ),
          ),
        )
      : '';
  return make(
    'div',
    { className: 'run', id: run.id },
    head,
    phases,
    hold,
    run.error ? make('p', { className: 'problem' }, run.error.message) : '',
  );
}

async function decide(runId, decision, catalogId) {
  await call(`/api/v1/runs/${encodeURIComponent(runId)}/${decision}`, { method: 'POST' });
  await showCatalog(catalogId);
}

function table(head, rows) {
  return make(
    'div',
    { className: 'scroll' },
    make(
      'table',
      {},
      make('thead', {}, make('tr', {}, ...head.map((text) => make('th', {}, text)))),
      make(
        'tbody',
        {},
        ...rows.map((cells) => make('tr', {}, ...cells.map((cell) => make('td', {}, cell ?? '')))),
      ),
    ),
  );
}

async function showIssues(at) {
  const { items } = await call(`${at}/issues?limit=30`);
  const rows = items.map(({ count, channel, field, severity, message, hint, sample }) => [
    number.format(count),
    tone(make('span', { className: 'tag' }, severity), severity === 'error' ? 'rejected' : 'blocked'),
    channel,
    field,
    make('span', {}, message, make('br'), make('small', {}, hint ?? '')),
    make('small', {}, sample[0] ?? ''),
  ]);
  fill(
    'issues',
    items.length > 0
      ? table(['Items', '', 'Channel', 'Field', 'What is wrong, and what to do', 'For example'], rows)
      : make('p', { className: 'soft' }, 'Nothing.'),
  );
}

async function showStopped(at) {
  const pages = await Promise.all(
    ['rejected', 'blocked'].map((status) => call(`${at}/listings?status=${status}&limit=50`)),
  );
  const rows = pages
    .flatMap(({ items }) => items)
    .map((listing) => {
      const worst = listing.issues.find(({ severity }) => severity === 'error') ?? listing.issues[0];
      return [
        make('span', {}, listing.title, make('br'), make('small', {}, listing.offerId)),
        listing.channel,
        tone(make('span', { className: 'tag' }, listing.status), listing.status),
        make('span', {}, worst?.message ?? '', make('br'), make('small', {}, worst?.hint ?? '')),
      ];
    });
  fill(
    'stopped',
    rows.length > 0
      ? table(['Item', 'Channel', 'Status', 'Why, and what to do'], rows)
      : make('p', { className: 'soft' }, 'Every item is live or on its way.'),
  );
}

picker.addEventListener('change', () => showCatalog(picker.value));
document.querySelector('#sign-out').addEventListener('click', async () => {
  await call('/session', { method: 'DELETE' });
  location.reload();
});
await start();
