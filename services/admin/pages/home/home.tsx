/** Home: is all well, and if not, what helps. */
import { Group, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { useQueries, useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { DayCounts } from '../../../../feeds/store/days.ts';
import type { IssueGroup } from '../../../../feeds/issue-group.ts';
import { look } from '../../api/client.ts';
import {
  channelsQuery,
  feedsQuery,
  latestRunsQuery,
  schedulesQuery,
  statusQuery,
} from '../../api/questions.ts';
import type { Wire } from '../../api/wire.ts';
import { isGoingOn, type RunView } from '../../api/run-events.ts';
import { useCatalogId } from '../../frame/shell.tsx';
import { t } from '../../messages/text.ts';
import { Ago } from '../../parts/ago.tsx';
import { Page } from '../../parts/page.tsx';
import { Failure, Loading } from '../../parts/states.tsx';
import { Attention } from './attention.tsx';
import { ChannelCard } from './channel-card.tsx';
import { FirstSteps } from './first-steps.tsx';

export function Home(): ReactNode {
  const catalogId = useCatalogId();
  const at = `/catalogs/${catalogId}`;
  const refetchInterval = 10_000;
  const [status, channels, runs, trend] = useQueries({
    queries: [
      { ...statusQuery(catalogId), refetchInterval },
      { ...channelsQuery(catalogId), refetchInterval },
      { ...latestRunsQuery(catalogId), refetchInterval },
      look<{ channels: Record<string, DayCounts[]> }>(`${at}/trend`),
    ],
  });
  // what comes later changes nothing in the place of what is there
  const problems = useQuery({ ...look<{ items: Wire<IssueGroup>[] }>(`${at}/problems`), refetchInterval });
  const feeds = useQuery(feedsQuery(catalogId));
  const schedules = useQuery(schedulesQuery(catalogId));
  const error = status.error ?? channels.error ?? runs.error;
  if (error) return <Failure error={error} retry={() => void status.refetch()} />;
  if (!status.data || !channels.data || !runs.data) return <Loading lines={3} height={110} />;
  const last = runs.data.items.find((run) => !isGoingOn(run));
  const next = schedules.data?.items.flatMap((one) => one.next.slice(0, 1)).sort()[0];
  const isNew = status.data.products === 0 || channels.data.items.length === 0;
  return (
    <Page
      title={t('home.menu')}
      note={
        <>
          {t('home.products', { count: status.data.products })}
          {last && (
            <>
              {' · '}
              {t('home.last-run')} <Ago time={last.endedAt ?? last.heartbeatAt} />
            </>
          )}
          {next && (
            <>
              {' · '}
              {t('home.next-run')} <Ago time={next} />
            </>
          )}
        </>
      }
    >
      {isNew && (
        <FirstSteps
          catalogId={catalogId}
          status={status.data}
          channels={channels.data.items}
          runs={runs.data.items}
        />
      )}
      <Attention
        catalogId={catalogId}
        runs={runs.data.items}
        channels={channels.data.items}
        problems={problems.data?.items ?? []}
        feeds={feeds.data?.items ?? []}
      />
      {channels.data.items.length > 0 && (
        <Stack gap="sm">
          <Group justify="space-between">
            <Title order={2}>{t('home.channels')}</Title>
            <Text size="xs" c="dimmed">
              {t('home.checked')} <Ago time={new Date(status.dataUpdatedAt).toISOString()} />
            </Text>
          </Group>
          <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }}>
            {channels.data.items.map((channel) => (
              <ChannelCard
                key={channel.id}
                catalogId={catalogId}
                channel={channel}
                counts={status.data.channels[channel.id]}
                days={trend.data?.channels[channel.id] ?? []}
                last={lastRunOf(channel.id, runs.data.items)}
                next={next}
              />
            ))}
          </SimpleGrid>
        </Stack>
      )}
    </Page>
  );
}

/** When the newest run that dealt with this channel ended there, or that it is at it now. */
function lastRunOf(channel: string, runs: readonly RunView[]): string | undefined {
  for (const run of runs) {
    const own = run.phases.filter(({ name }) => name.endsWith(` ${channel}`));
    const ended = own.flatMap(({ endedAt }) => endedAt ?? []).sort().at(-1); // prettier-ignore
    if (ended) return ended;
  }
  return undefined;
}
