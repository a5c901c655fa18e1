/** What a run did, phase by phase, live while it goes on; and the decision when it is held. */
import { Alert, Anchor, Button, Code, Group, List, Loader, Stack, Table, Text } from '@mantine/core';
import { IconAlertTriangle, IconDownload, IconPlayerPause } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { call, refresh } from '../../api/client.ts';
import { isGoingOn, runPath, type RunView } from '../../api/run-events.ts';
import { useMay } from '../../frame/session.ts';
import { isMessage, sayInstead, showDuration, showNumber, t } from '../../messages/text.ts';
import { Ask } from '../../parts/ask.tsx';
import { Bar } from '../../parts/bar.tsx';
import { channelName } from '../../parts/fields.ts';
import { act } from '../../parts/tell.ts';

/** A phase's name in the person's language: `feed for meta` has the channel in it. */
function namePhase(name: string): string {
  const [, first = name, channel] = /^(.*?)(?: (?:for|to|of) (\w+))?$/.exec(name) ?? [];
  const key = `runs.phase-${first.replaceAll(' ', '-')}`;
  const words = isMessage(key) ? t(key) : first;
  return channel ? `${words} · ${channelName(channel)}` : words;
}

/** Some phases are never told to have ended: verdicts come in for as long as a channel reviews. */
const took = (phase: RunView['phases'][number], run: RunView): string =>
  phase.endedAt
    ? showDuration(Date.parse(phase.endedAt) - Date.parse(phase.startedAt))
    : isGoingOn(run)
      ? '…'
      : '–';

export function Phases({ run }: { run: RunView }): ReactNode {
  return (
    <Table.ScrollContainer minWidth={520}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('runs.phase')}</Table.Th>
            <Table.Th w="34%">{t('runs.progress')}</Table.Th>
            <Table.Th ta="right">{t('runs.in')}</Table.Th>
            <Table.Th ta="right">{t('runs.done')}</Table.Th>
            <Table.Th ta="right">{t('runs.skipped')}</Table.Th>
            <Table.Th ta="right">{t('runs.blocked')}</Table.Th>
            <Table.Th ta="right">{t('runs.failed')}</Table.Th>
            <Table.Th ta="right">{t('runs.took')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {run.phases.map((phase) => (
            <Table.Tr key={phase.name}>
              <Table.Td>{namePhase(phase.name)}</Table.Td>
              <Table.Td>
                <Bar
                  whole={phase.in}
                  parts={[
                    { count: phase.done, tone: 'bar-accepted', words: t('runs.done') },
                    { count: phase.skipped, tone: 'bar-removed', words: t('runs.skipped') },
                    { count: phase.blocked, tone: 'bar-blocked', words: t('runs.blocked') },
                    { count: phase.failed, tone: 'bar-rejected', words: t('runs.failed') },
                  ]}
                />
              </Table.Td>
              {(['in', 'done', 'skipped', 'blocked', 'failed'] as const).map((key) => (
                <Table.Td key={key} ta="right" c={phase[key] === 0 ? 'dimmed' : undefined}>
                  {showNumber(phase[key])}
                </Table.Td>
              ))}
              <Table.Td ta="right">{took(phase, run)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

/** A calm card: both counts, some of the list, two buttons. */
export function Holds({ run }: { run: RunView }): ReactNode {
  const may = useMay('merchandiser');
  if (run.status !== 'held') return null;
  const decide = (decision: 'approve' | 'reject', which: object): Promise<boolean> =>
    act(
      async () => {
        await call('POST', `${runPath(run.id)}/${decision}`, which);
        await refresh(runPath(run.id), `/catalogs/${run.catalogId}`);
      },
      t(decision === 'approve' ? 'runs.approved' : 'runs.rejected'),
    );
  return run.holds.map((hold) => {
    const removes = hold.reason === 'too_many_removals' || hold.reason === 'unreadable_rows';
    const which = { reason: hold.reason, ...(hold.channel ? { channel: hold.channel } : {}) };
    return (
      <Alert
        key={`${hold.reason} ${hold.channel ?? ''}`}
        color="yellow"
        variant="outline"
        bg="var(--held-paper)"
        icon={<IconPlayerPause />}
        title={t('runs.held-title')}
      >
        <Stack gap="xs">
          <Text size="sm">{sayInstead(`hold.${hold.reason}`, hold.message)}</Text>
          <Text size="sm" fw={600}>
            {t('runs.held-counts', { before: hold.before, after: hold.after, missing: hold.missing })}
          </Text>
          {hold.sample.length > 0 && (
            <details>
              <summary>{t('runs.held-list', { count: hold.sample.length })}</summary>
              <List size="xs" mah={200} style={{ overflow: 'auto' }}>
                {hold.sample.map((one) => (
                  <List.Item key={one}>{one}</List.Item>
                ))}
              </List>
            </details>
          )}
          {may && (
            <Group>
              <Button size="xs" variant="default" onClick={() => void decide('reject', which)}>
                {t('runs.keep')}
              </Button>
              <Ask
                action={removes ? t('runs.approve', { count: hold.missing }) : t('runs.approve-other')}
                title={t('runs.approve-title')}
                text={
                  removes ? t('runs.approve-text', { count: hold.missing }) : t('runs.approve-other-text')
                }
                onYes={() => decide('approve', which)}
              />
            </Group>
          )}
        </Stack>
      </Alert>
    );
  });
}

export function RunReport({ run }: { run: RunView }): ReactNode {
  const may = useMay('merchandiser');
  const path = runPath(run.id);
  const tellRun = (verb: 'stop' | 'pause' | 'resume'): Promise<boolean> =>
    act(async () => {
      await call('POST', `${path}/${verb}`);
      await refresh(path, `/catalogs/${run.catalogId}/runs`);
    });
  const { products } = run;
  return (
    <Stack gap="sm">
      {isGoingOn(run) && (
        <Group gap="xs" aria-live="polite">
          {run.status === 'running' && <Loader size={16} />}
          <Text size="sm">{t(`runs.status-${run.status}`)}</Text>
          {may && run.status === 'running' && (
            <Button size="xs" variant="default" onClick={() => void tellRun('pause')}>
              {t('runs.pause')}
            </Button>
          )}
          {may && run.status === 'paused' && (
            <Button size="xs" onClick={() => void tellRun('resume')}>
              {t('runs.resume')}
            </Button>
          )}
          {may && (
            <Ask
              action={t('runs.stop')}
              title={t('runs.stop-title')}
              text={t('runs.stop-text')}
              onYes={() => tellRun('stop')}
            />
          )}
        </Group>
      )}
      <Holds run={run} />
      {run.error && (
        <Alert color="red" variant="light" icon={<IconAlertTriangle />} title={run.error.message}>
          {run.error.hint} <Code>{run.error.code}</Code>
        </Alert>
      )}
      {run.kind === 'import' && (
        <Text size="sm">
          {t('runs.products', {
            new: products.new,
            changed: products.changed,
            unchanged: products.unchanged,
            removed: products.removed,
          })}
        </Text>
      )}
      <Phases run={run} />
      {run.kind === 'import' && run.phases.some(({ failed, blocked }) => failed + blocked > 0) && (
        <Anchor size="sm" href={`/api/v1${path}/issues.csv`} download>
          <Group gap={4} display="inline-flex">
            <IconDownload size={16} /> {t('runs.bad-rows')}
          </Group>
        </Anchor>
      )}
    </Stack>
  );
}
