/** What people see in the terminal: tables, progress bars; or JSON for machines. */
import { setTimeout as sleep } from 'node:timers/promises';
import cliProgress from 'cli-progress';
import Table from 'cli-table3';
import { isOpen, type Run } from '../../catalog/run.ts';
import type { Client } from './client.ts';

export interface ShowOptions {
  json?: boolean;
}

export const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

export function showJson(value: unknown): void {
  say(JSON.stringify(value, null, 2));
}

export function showTable(head: string[], rows: (string | number | undefined)[][], widths?: number[]): void {
  const isColoured = process.stdout.isTTY && process.stdout.hasColors();
  const table = new Table({
    head,
    style: isColoured ? { head: ['bold'], border: ['grey'] } : { head: [], border: [] },
    ...(widths ? { colWidths: widths, wordWrap: true } : {}),
  });
  for (const row of rows) table.push(row.map((cell) => (cell === undefined ? '' : String(cell))));
  say(table.toString());
}

/** Follows a run to its end with a bar per phase; answers the ended run. */
export async function followRun(client: Client, runId: string, options: ShowOptions): Promise<Run> {
  const quiet = options.json === true || !process.stdout.isTTY;
  const bars = new cliProgress.MultiBar(
    {
      format: '  {phase} {bar} {value} of {total} {unit}  {note}',
      hideCursor: true,
      clearOnComplete: false,
      noTTYOutput: false,
    },
    cliProgress.Presets.shades_classic,
  );
  const shown = new Map<string, cliProgress.SingleBar>();
  try {
    for (;;) {
      const run = await client.get<Run>(`/api/v1/runs/${encodeURIComponent(runId)}`);
      if (!quiet) for (const phase of run.phases) drawPhase(bars, shown, phase);
      if (!isOpen(run)) return run;
      await sleep(300);
    }
  } finally {
    bars.stop();
  }
}

function drawPhase(
  bars: cliProgress.MultiBar,
  shown: Map<string, cliProgress.SingleBar>,
  phase: Run['phases'][number],
): void {
  const name = phase.name.padEnd(20);
  const values = { phase: name, unit: phase.unit, note: describe(phase) };
  const bar = shown.get(phase.name) ?? bars.create(phase.in, 0, values);
  shown.set(phase.name, bar);
  bar.setTotal(phase.in);
  bar.update(phase.done + phase.skipped + phase.blocked + phase.failed, values);
}

const describe = ({ done, skipped, blocked, failed }: Run['phases'][number]): string =>
  [
    done && `${done} done`,
    skipped && `${skipped} unchanged`,
    blocked && `${blocked} blocked`,
    failed && `${failed} failed`,
  ]
    .filter(Boolean)
    .join(', ');

export function showRun(run: Run): void {
  showTable(
    ['phase', 'in', 'done', 'skipped', 'blocked', 'failed', 'seconds'],
    run.phases.map((p) => [
      p.name,
      `${p.in} ${p.unit}`,
      p.done,
      p.skipped,
      p.blocked,
      p.failed,
      p.endedAt ? ((Date.parse(String(p.endedAt)) - Date.parse(String(p.startedAt))) / 1_000).toFixed(1) : '',
    ]),
  );
  const { products } = run;
  const title = run.source?.title ? ` as ${run.source.title}` : '';
  say(`${run.kind} ${run.id}: ${run.status}${title}`);
  say(
    `products: ${products.new} new, ${products.changed} changed, ${products.unchanged} unchanged, ${products.removed} removed`,
  );
  if (
    run.kind === 'import' &&
    run.status === 'done' &&
    products.new + products.changed + products.removed === 0
  )
    say('Nothing changed, so nothing was written.');
  const bad = run.phases
    .filter(({ unit }) => unit === 'rows')
    .reduce((sum, { blocked, failed }) => sum + blocked + failed, 0);
  if (bad > 0)
    say(
      `${bad} row${bad === 1 ? '' : 's'} did not get through, each with its reason: shelfcast runs report ${run.id}`,
    );
  if (run.error) say(`failed: ${run.error.message}${run.error.hint ? `\n${run.error.hint}` : ''}`);
  for (const hold of run.holds) say(`HELD: ${hold.message}`);
  if (run.holds.length > 0) say(`  shelfcast runs approve ${run.id}\n  shelfcast runs reject ${run.id}`);
}

export interface IssueGroup {
  channel: string;
  code: string;
  field?: string;
  severity: string;
  message: string;
  hint?: string;
  count: number;
  sample: string[];
}

export function showIssueGroups(groups: readonly IssueGroup[]): void {
  if (groups.length === 0) return say('No issues.');
  showTable(
    ['items', 'channel', 'field', 'what is wrong', 'what to do', 'for example'],
    groups.map((g) => [
      g.count, g.channel, g.field, `${g.severity === 'error' ? '' : '(warning) '}${g.message}`, g.hint, g.sample[0],
    ]), // prettier-ignore
    [7, 9, 14, 46, 40, 22],
  );
}

export function showStatus(channels: Record<string, Record<string, number>>): void {
  const columns = ['accepted', 'sent', 'pending', 'blocked', 'rejected', 'removed'];
  showTable(
    ['channel', ...columns],
    Object.entries(channels).map(([channel, counts]) => [channel, ...columns.map((c) => counts[c] ?? 0)]),
  );
}
