// Runs of one catalog: the newest, live while they go on, with the decision on those that are held.
import { call, make, note, number, stackedBar, tone } from './elements.js';

const tones = { done: 'accepted', running: 'sent', held: 'blocked', failed: 'rejected', rejected: 'removed' };
const phaseParts = [
  ['done', 'accepted'],
  ['skipped', 'removed'],
  ['blocked', 'blocked'],
  ['failed', 'rejected'],
];
const runAt = (id) => `/api/v1/runs/${encodeURIComponent(id)}`;

/** Shows the runs in `place`; `onChange` is called when numbers elsewhere may have changed. */
export function followRuns(at, place, onChange) {
  const streams = new Map();
  const seen = new Map();

  async function refresh() {
    const { items } = await call(`${at}/runs?limit=6`);
    // the same runs in the same state are left alone: a person may be about to press a button
    const state = JSON.stringify(items);
    if (state === seen.get('all')) return;
    seen.set('all', state);
    place.replaceChildren(...(items.length > 0 ? items.map(draw) : [note('Nothing has run yet.')]));
    for (const run of items) if (run.status === 'running') follow(run.id);
    onChange();
  }

  function follow(id) {
    if (streams.has(id)) return;
    const stream = new EventSource(`${runAt(id)}/events`);
    streams.set(id, stream);
    stream.addEventListener('run', ({ data }) => {
      const run = JSON.parse(data);
      document.getElementById(id)?.replaceWith(draw(run));
      onChange();
      if (run.status === 'running') return;
      stream.close();
      streams.delete(id);
    });
  }

  function draw(run) {
    return make(
      'article',
      { className: 'run', id: run.id },
      drawHead(run),
      drawPhases(run),
      run.status === 'held' && run.hold ? drawHold(run) : '',
      run.error
        ? make('p', { className: 'problem' }, [run.error.message, run.error.hint].filter(Boolean).join(' '))
        : '',
    );
  }

  function drawHold({ id, hold }) {
    const problem = make('p', { className: 'problem', role: 'alert', hidden: true });
    const buttons = [
      ['approve', hold.missing > 0 ? `Remove ${number.format(hold.missing)} products` : 'Go on'],
      ['reject', 'Keep everything as it is'],
    ].map(([decision, words]) => {
      const className = decision === 'reject' ? 'second' : 'danger';
      const onclick = () => decide(id, decision, buttons, problem);
      return make('button', { type: 'button', className, onclick }, words);
    });
    const sample = hold.sample.length > 0 ? note(`For example: ${hold.sample.slice(0, 5).join(', ')}`) : '';
    return make('div', { className: 'hold' }, make('p', {}, hold.message), sample, ...buttons, problem);
  }

  async function decide(id, decision, buttons, problem) {
    for (const button of buttons) button.disabled = true;
    try {
      await call(`${runAt(id)}/${decision}`, { method: 'POST' });
      await refresh();
    } catch (error) {
      problem.textContent = error.message;
      problem.hidden = false;
      for (const button of buttons) button.disabled = false;
    }
  }

  const stop = () => streams.forEach((stream) => stream.close());
  return { refresh, stop };
}

function drawHead(run) {
  const { products } = run;
  const counts = ['new', 'changed', 'unchanged', 'removed'].map(
    (key) => `${number.format(products[key])} ${key}`,
  );
  const isImport = run.kind === 'import';
  return make(
    'p',
    {},
    tone(make('span', { className: 'tag' }, run.status), tones[run.status]),
    make('b', {}, run.source?.name ?? run.kind),
    make('span', { className: 'soft' }, `${new Date(run.startedAt).toLocaleString()} by ${run.startedBy}`),
    isImport ? make('span', { className: 'soft' }, counts.join(', ')) : '',
    isImport ? make('a', { href: `${runAt(run.id)}/issues.csv` }, 'rows with faults') : '',
  );
}

function drawPhases(run) {
  const lines = run.phases.flatMap((phase) => [
    make('span', {}, phase.name),
    stackedBar(
      // what came in and is not through yet leaves the rest of the bar empty
      [...phaseParts.map(([key, status]) => [phase[key], status, key]), [waiting(phase), 'empty', 'to do']],
    ),
    make('span', { className: 'number' }, `${number.format(phase.in)} ${phase.unit}`),
  ]);
  return make('div', { className: 'phases' }, ...lines);
}

const waiting = (phase) => phase.in - phase.done - phase.skipped - phase.blocked - phase.failed;
