/** Runs: what starts by itself and when, and what has run. */
import { Button, Group, Stack, Table, Text, Title } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { call, refresh } from '../../api/client.ts';
import { isGoingOn, type RunView } from '../../api/run-events.ts';
import { useMay } from '../../frame/session.ts';
import { useCatalogId } from '../../frame/shell.tsx';
import { showDuration, t } from '../../messages/text.ts';
import { Ago } from '../../parts/ago.tsx';
import { Page } from '../../parts/page.tsx';
import { Failure, Loading, Nothing } from '../../parts/states.tsx';
import { act } from '../../parts/tell.ts';
import { RunStatusBadge } from './run-status.tsx';
import { Schedules } from './schedules.tsx';

const pageSize = 25;
export const nameRun = (run: RunView): string => run.source?.name ?? t(`runs.kind-${run.kind}`);

export function Runs(): ReactNode {
  const catalogId = useCatalogId();
  const may = useMay('merchandiser');
  const navigate = useNavigate();
  const start = (what: 'checks' | 'pushes' | 'feeds'): Promise<boolean> =>
    act(async () => {
      const run = await call<RunView>('POST', `/catalogs/${catalogId}/${what}`);
      await refresh(`/catalogs/${catalogId}/runs`);
      await navigate({ to: '/c/$catalogId/runs/$runId', params: { catalogId, runId: run.id } });
    });
  return (
    <Page
      title={t('runs.menu')}
      action={
        may && (
          <Group gap="xs">
            <Button variant="default" onClick={() => void start('feeds')}>
              {t('runs.start-feeds')}
            </Button>
            <Button variant="default" onClick={() => void start('pushes')}>
              {t('runs.start-push')}
            </Button>
            <Button onClick={() => void start('checks')}>{t('runs.start-check')}</Button>
          </Group>
        )
      }
    >
      <Schedules catalogId={catalogId} />
      <Title order={2}>{t('runs.history')}</Title>
      <RunList catalogId={catalogId} />
    </Page>
  );
}

function RunList({ catalogId }: { catalogId: string }): ReactNode {
  const path = `/catalogs/${catalogId}/runs`;
  const runs = useInfiniteQuery({
    queryKey: ['catalogs', catalogId, 'runs', 'all'],
    queryFn: ({ pageParam }) =>
      call<{ items: RunView[] }>(
        'GET',
        `${path}?limit=${pageSize}${pageParam ? `&before=${pageParam}` : ''}`,
      ),
    initialPageParam: '',
    getNextPageParam: ({ items }) => (items.length === pageSize ? items.at(-1)?.startedAt : undefined),
    refetchInterval: 5_000,
  });
  if (runs.isPending) return <Loading lines={6} />;
  if (runs.error) return <Failure error={runs.error} retry={() => void runs.refetch()} />;
  const all = runs.data.pages.flatMap(({ items }) => items);
  if (all.length === 0) return <Nothing title={t('runs.none')} text={t('runs.none-text')} />;
  return (
    <Stack className="card" p="xs" gap="xs">
      <Table.ScrollContainer minWidth={720}>
        <Table highlightOnHover>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('runs.what')}</Table.Th>
              <Table.Th>{t('runs.status')}</Table.Th>
              <Table.Th>{t('runs.started')}</Table.Th>
              <Table.Th>{t('runs.by')}</Table.Th>
              <Table.Th>{t('runs.counts')}</Table.Th>
              <Table.Th ta="right">{t('runs.took')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {all.map((run) => (
              <Table.Tr key={run.id}>
                <Table.Td>
                  <Text
                    component={Link}
                    to={`/c/${catalogId}/runs/${encodeURIComponent(run.id)}`}
                    size="sm"
                    fw={550}
                    c="var(--mantine-color-anchor)"
                  >
                    {nameRun(run)}
                  </Text>
                  {run.source && (
                    <Text size="xs" c="dimmed">
                      {t(`runs.kind-${run.kind}`)}
                    </Text>
                  )}
                </Table.Td>
                <Table.Td>
                  <RunStatusBadge status={run.status} />
                </Table.Td>
                <Table.Td>
                  <Ago time={run.startedAt} />
                </Table.Td>
                <Table.Td>{run.startedBy === 'schedule' ? t('runs.by-schedule') : run.startedBy}</Table.Td>
                <Table.Td>{showCounts(run)}</Table.Td>
                <Table.Td ta="right">
                  {showDuration(
                    (isGoingOn(run) ? Date.now() : Date.parse(run.endedAt ?? run.heartbeatAt)) -
                      Date.parse(run.startedAt),
                  )}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {runs.hasNextPage && (
        <Button variant="default" loading={runs.isFetchingNextPage} onClick={() => void runs.fetchNextPage()}>
          {t('frame.more')}
        </Button>
      )}
    </Stack>
  );
}

function showCounts({ kind, products, phases }: RunView): string {
  if (kind === 'import') return t('runs.brief-import', products);
  const sum = (begin: string): number =>
    phases.filter(({ name }) => name.startsWith(begin)).reduce((total, { done }) => total + done, 0);
  return t('runs.brief-refresh', { checked: sum('check'), sent: sum('push') });
}
