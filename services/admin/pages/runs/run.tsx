/** One run: live, and afterwards its report. */
import { Anchor, Group, Stack, Text } from '@mantine/core';
import { Link, useParams } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useRun } from '../../api/run-events.ts';
import { showTime, t } from '../../messages/text.ts';
import { Copy } from '../../parts/copy.tsx';
import { Page } from '../../parts/page.tsx';
import { Failure, Loading } from '../../parts/states.tsx';
import { RunStatusBadge } from './run-status.tsx';
import { RunReport } from './run-view.tsx';
import { nameRun } from './runs.tsx';

export function RunPage(): ReactNode {
  const { catalogId, runId } = useParams({ from: '/inside/c/$catalogId/runs/$runId' });
  const run = useRun(runId);
  if (run.isPending) return <Loading />;
  if (run.error) return <Failure error={run.error} retry={() => void run.refetch()} />;
  const { data } = run;
  return (
    <Page
      title={nameRun(data)}
      note={t('runs.begun', {
        time: showTime(data.startedAt),
        name: data.startedBy === 'schedule' ? t('runs.by-schedule') : data.startedBy,
      })}
      action={<RunStatusBadge status={data.status} />}
    >
      <Stack className="card" p="md">
        <RunReport run={data} />
      </Stack>
      <Group gap={4}>
        <Text size="xs" c="dimmed">
          {data.id}
        </Text>
        <Copy value={data.id} />
      </Group>
      <Anchor component={Link} to={`/c/${catalogId}/runs`} size="sm">
        {t('runs.all')}
      </Anchor>
    </Page>
  );
}
