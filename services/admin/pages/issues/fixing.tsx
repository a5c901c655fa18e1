/** Sends fixes and tells what came of them; the last change can be taken back for as long as the page is open. */
import { Button, Group, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import type { ReactNode } from 'react';
import type { Change } from '../../../../catalog/store/changes.ts';
import type { Fix, FixOutcome } from '../../../../jobs/fix-items.ts';
import { call, Problem, refresh } from '../../api/client.ts';
import type { Wire } from '../../api/wire.ts';
import { t } from '../../messages/text.ts';

export type Conflict = Wire<Extract<FixOutcome, { outcome: 'conflict' }>>;
export interface Fixed {
  change?: Wire<Change>;
  fixed: number;
  conflicts: Conflict[];
  conflictCount: number;
  refused: Wire<Extract<FixOutcome, { outcome: 'refused' }>>[];
  refusedCount: number;
}
export interface ProblemKey {
  code: string;
  field?: string;
}

/** The newest last; `u` takes them back one after the other. */
const done: { catalogId: string; changeId: string }[] = [];

export async function applyFixes(catalogId: string, fixes: Fix[], problem?: ProblemKey): Promise<Fixed> {
  const result = await call<Fixed>('POST', `/catalogs/${catalogId}/fixes`, {
    fixes,
    ...(problem ? { problem } : {}),
  });
  tellFixed(catalogId, result);
  return result;
}

/** Cures a whole group; `onProgress` hears how many are done. */
export async function applyToGroup(
  catalogId: string,
  problem: ProblemKey,
  scope: { channel?: string; category?: string; value?: string },
  onProgress: (fixed: number) => void,
): Promise<Fixed> {
  const response = await fetch(
    `/api/v1/catalogs/${catalogId}/problems/${encodeURIComponent(problem.code)}/fixes`,
    {
      method: 'POST',
      headers: { 'x-requested-with': 'shelfcast', 'content-type': 'application/json' },
      body: JSON.stringify({ ...scope, ...(problem.field === undefined ? {} : { field: problem.field }) }),
    },
  );
  if (!response.ok || !response.body)
    throw new Problem(
      response.status,
      (await response.json().catch(() => ({}))) as object,
      response.headers.get('x-request-id'),
    );
  let last: (Fixed & { done?: true }) | undefined;
  for await (const line of eachLine(response.body)) {
    last = JSON.parse(line) as Fixed & { done?: true };
    onProgress(last.fixed);
  }
  if (!last?.done) throw new Problem(0, { code: 'broken_off' }, null);
  tellFixed(catalogId, last);
  return last;
}

async function* eachLine(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body
    .pipeThrough(new TextDecoderStream() as unknown as TransformStream<Uint8Array, string>)
    .getReader();
  let rest = '';
  for (;;) {
    const { value, done: ended } = await reader.read();
    if (ended) break;
    const lines = (rest + value).split('\n');
    rest = lines.pop() ?? '';
    yield* lines.filter((line) => line !== '');
  }
  if (rest.trim() !== '') yield rest;
}

const undoForMs = 12_000;

export function tellFixed(catalogId: string, result: Fixed): void {
  const { change, fixed, conflictCount, refusedCount, refused } = result;
  if (change) done.push({ catalogId, changeId: change.id });
  const others = t('issues.some-not', { conflicts: conflictCount, refused: refusedCount, reason: refused[0]?.message ?? '' }).trim(); // prettier-ignore
  tell(
    fixed > 0 ? t('issues.fixed', { count: fixed }) : '',
    others,
    change && (() => void undo(catalogId, change.id)),
  );
  void refresh(`/catalogs/${catalogId}`);
}

export function tellAside(catalogId: string, change: Wire<Change> | undefined, count: number): void {
  if (change) done.push({ catalogId, changeId: change.id });
  tell(t('issues.aside-done', { count }), '', change && (() => void undo(catalogId, change.id)));
  void refresh(`/catalogs/${catalogId}`);
}

function tell(title: string, others: string, takeBack: (() => void) | undefined): void {
  const id = `fixed-${Date.now()}`;
  const again = (): void => {
    notifications.hide(id);
    takeBack?.();
  };
  notifications.show({
    id,
    autoClose: undoForMs,
    color: others === '' ? 'teal' : 'yellow',
    closeButtonProps: { 'aria-label': t('frame.close') },
    message: <Told title={title} others={others} undo={takeBack && again} />,
  });
}

function Told(props: { title: string; others: string; undo: (() => void) | undefined }): ReactNode {
  return (
    <Group justify="space-between" wrap="nowrap" gap="xs">
      <div>
        {props.title && (
          <Text size="sm" fw={600}>
            {props.title}
          </Text>
        )}
        {props.others && <Text size="sm">{props.others}</Text>}
      </div>
      {props.undo && (
        <Button size="compact-sm" variant="default" onClick={props.undo}>
          {t('issues.undo')}
        </Button>
      )}
    </Group>
  );
}

export async function undo(catalogId: string, changeId: string): Promise<void> {
  const at = done.findIndex((one) => one.changeId === changeId);
  if (at >= 0) done.splice(at, 1);
  try {
    const result = await call<Fixed>(
      'POST',
      `/catalogs/${catalogId}/changes/${encodeURIComponent(changeId)}/undo`,
    );
    const others = t('issues.some-not', { conflicts: result.conflictCount, refused: result.refusedCount, reason: '' }).trim(); // prettier-ignore
    tell(t('issues.undone', { count: result.fixed }), others, undefined);
  } catch (error) {
    tellFailed(error);
  }
  await refresh(`/catalogs/${catalogId}`);
}

/** `u`: the last change made on this page. */
export function undoLast(catalogId: string): void {
  const last = done.findLast((one) => one.catalogId === catalogId);
  if (last) void undo(catalogId, last.changeId);
  else notifications.show({ message: t('issues.nothing-to-undo'), color: 'gray' });
}

export function tellFailed(error: unknown): void {
  const hint = error instanceof Problem ? error.hint : undefined;
  const message = error instanceof Error ? error.message : String(error);
  notifications.show({
    color: 'red',
    title: t('frame.failed'),
    message: [message, hint].filter(Boolean).join(' '),
  });
}
