/** What is wrong now, found in the database; each problem is told once when it begins and once when it is over. */
import type { Problem } from '../catalog/store/alerts.ts';
import type { Run } from '../catalog/run.ts';
import { addNotice } from './send-notice.ts';
import { catalogsAtOnce, type JobContext } from './job.ts';

const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000];
/** A run that ended so lately is a reason to look at its catalog. */
const signMs = 5 * MINUTE;
/** A run that is on for so long is told of. */
const longRunMs = 12 * HOUR;

const say = (run: Run): string => `${run.kind} ${run.id}`;

/** Every problem of one catalog as it is now. */
export async function findProblems(catalogId: string, ctx: JobContext): Promise<Problem[]> {
  const { catalogs, runs, schedules, feedVersions, supplements } = ctx.stores;
  const problems: Problem[] = [];
  const add = (kind: string, rest: Omit<Problem, 'key' | 'catalogId'>): void =>
    void problems.push({ key: `${catalogId}:${kind}`, catalogId, ...rest });
  const catalog = await catalogs.find(catalogId);
  const recent = await runs.list(catalogId, 50);
  const source = await catalogs.source(catalogId);
  for (const kind of ['import', 'refresh'] as const) {
    const last = recent.find(
      (run) => run.kind === kind && !['running', 'interrupted', 'paused'].includes(run.status),
    );
    // a source that refuses us is told of once, below
    if (last?.status === 'failed' && last.error && last.error.code !== source?.paused?.code)
      add(`failed:${kind}`, { severity: 'error', title: `The last ${kind} failed`, message: `${say(last)}: ${last.error.message}`, hint: last.error.hint ?? 'Look at the run, mend the cause and start it again.' }); // prettier-ignore
  }
  for (const run of recent) {
    // a feed that somebody went back from is told of below, whether a run has met it or not
    for (const hold of run.status === 'held' ? run.holds.filter(({ reason }) => reason !== 'feed_pinned') : [])
      add(`held:${hold.reason}:${hold.channel ?? ''}`, { severity: 'error', title: 'A person has to decide', message: hold.message, hint: `shelfcast runs approve ${run.id}, or reject` }); // prettier-ignore
    if (['running', 'interrupted'].includes(run.status) && ctx.now().getTime() - new Date(run.startedAt).getTime() > longRunMs)
      add(`long:${run.kind}`, { severity: 'warning', title: `An ${run.kind} has been on for more than ${longRunMs / HOUR} hours`, message: `${say(run)} is still ${run.status}.`, hint: 'Look whether its phases move; stop it with: shelfcast runs stop' }); // prettier-ignore
  }
  if (source?.paused)
    add('source', { severity: 'error', title: `The source ${source.name} is paused`, message: source.paused.message, hint: `Connect it again: shelfcast source connect ${source.id}` }); // prettier-ignore
  for (const [channel, { message }] of Object.entries(await catalogs.paused(catalogId)))
    add(`paused:${channel}`, { severity: 'error', title: `${ctx.channels.get(channel)?.title ?? channel} is paused`, message, hint: `Connect it again: shelfcast connect ${channel}` }); // prettier-ignore
  for (const pin of (await feedVersions.pins(catalogId)).values())
    if (pin.state !== 'leaving')
      add(`pinned:${pin.channel}`, { severity: 'warning', title: `${ctx.channels.get(pin.channel)?.title ?? pin.channel} stays at an earlier feed`, message: `${pin.by} went back to ${pin.version} with ${pin.items} items; nothing of the shop reaches this channel since.`, hint: `Let it go on: shelfcast feed resume ${pin.channel}` }); // prettier-ignore
  for (const { kind, lastProblem } of await schedules.list(catalogId))
    if (lastProblem) add(`schedule:${kind}`, { severity: 'warning', title: `The schedule "${kind}" started nothing`, message: lastProblem.message, hint: 'Give it more time between two ticks, or stop what is still on.' }); // prettier-ignore
  for (const { id, problem } of await supplements.list(catalogId))
    if (problem) add(`second:${id}`, { severity: problem.refused ? 'error' : 'warning', title: `The second source "${id}" could not be loaded whole`, message: problem.message, hint: problem.refused ? 'It is not asked again before somebody connects it anew; the values it gave before stay.' : 'The values it gave before stay, and the next import or refresh tries again.' }); // prettier-ignore
  const { unchangedDays } = catalog.guards;
  const imports = recent.filter(({ kind, status }) => kind === 'import' && status === 'done');
  const changed = imports.find(({ products: p }) => p.new + p.changed + p.removed > 0) ?? imports.at(-1);
  const [newest] = imports;
  if (changed && newest && newest !== changed) {
    const days = (new Date(newest.startedAt).getTime() - new Date(changed.startedAt).getTime()) / DAY;
    if (days >= unchangedDays)
      add('unchanged', { severity: 'warning', title: 'The source has not changed for long', message: `${newest.source?.name ?? 'The source'} was read again and again, and has been the same for ${Math.floor(days)} days.`, hint: 'Look whether the export still runs; raise guards.unchangedDays if it is meant to be quiet.' }); // prettier-ignore
  }
  return problems;
}

/** Opens what is new, ends what is over. Any number of processes may do it at once: each change is told by one. */
export async function reviewAlerts(ctx: JobContext): Promise<void> {
  const { catalogs, alerts } = ctx.stores;
  const now = ctx.now();
  const open = new Map((await alerts.listOpen()).map((alert) => [alert.key, alert]));
  const all = (await catalogs.list()).map(({ id }) => id);
  const looked = new Set([...takeTurn(all, now), ...(await listSigns(now, ctx))]);
  for (const { catalogId } of open.values()) looked.add(catalogId);
  for (const id of all)
    for (const problem of looked.has(id) ? await findProblems(id, ctx) : []) {
      if (!open.delete(problem.key) && (await alerts.raise(problem, now)))
        await addNotice({ ...problem, what: 'begun', at: now }, ctx);
    }
  for (const key of open.keys()) {
    const ended = await alerts.end(key, now);
    if (ended) await addNotice({ ...ended, what: 'over', at: now }, ctx);
  }
}

/** Of very many catalogs so many are looked at each minute by turns. */
function takeTurn(all: readonly string[], now: Date): string[] {
  const turns = Math.ceil(all.length / catalogsAtOnce);
  const turn = Math.floor(now.getTime() / MINUTE) % turns;
  return all.filter((_, at) => at % turns === turn);
}

/** Catalogs where something may have gone wrong, or have come right, just now: they do not wait for their turn. */
async function listSigns(now: Date, { stores: { catalogs, runs } }: JobContext): Promise<string[]> {
  const since = new Date(now.getTime() - signMs);
  return [...(await catalogs.listPaused()), ...(await runs.catalogsMovedSince(since))];
}

/** What happened within a day, as one notice; nothing is sent when nothing happened. */
export async function sendDigest(catalogId: string, at: Date, ctx: JobContext): Promise<void> {
  const { catalogs, runs, listings, alerts } = ctx.stores;
  const catalog = await catalogs.find(catalogId);
  const since = at.getTime() - DAY;
  const today = (await runs.list(catalogId, 100)).filter(
    ({ startedAt }) => new Date(startedAt).getTime() >= since,
  );
  const open = (await alerts.listOpen()).filter((alert) => alert.catalogId === catalogId);
  const lines = [
    ...Object.entries(await listings.countByStatus(catalogId)).map(
      ([channel, n]) => `${channel}: ${n.accepted} accepted, ${n.pending + n.sent} on their way, ${n.blocked} blocked, ${n.rejected} rejected`,
    ),
    `Runs: ${today.length}, of them ${today.filter(({ status }) => status === 'failed').length} failed and ${today.filter(({ status }) => status === 'held').length} held`,
    ...open.map(({ title, message }) => `Open: ${title}. ${message}`),
  ]; // prettier-ignore
  await addNotice(
    { key: `${catalogId}:digest`, catalogId, severity: 'warning', title: `${catalog.name}: the last day`, message: lines.join('\n'), hint: '', what: 'digest', at },
    ctx,
  ); // prettier-ignore
}
