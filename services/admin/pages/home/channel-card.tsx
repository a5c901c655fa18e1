/** One channel: how much of the shop it shows, and how that went in the last month. */
import { Group, Stack, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { lazy, Suspense, type ReactNode } from 'react';
import type { DayCounts } from '../../../../feeds/store/days.ts';
import type { ListingStatus } from '../../../../feeds/listing.ts';
import type { CatalogChannel } from '../../api/questions.ts';
import { showNumber, showShare, t } from '../../messages/text.ts';
import { Ago } from '../../parts/ago.tsx';
import { Bar } from '../../parts/bar.tsx';
import { nameOf, Status, statuses } from '../../parts/status.tsx';

const Trend = lazy(() => import('./trend.tsx').then(({ Trend: component }) => ({ default: component })));
const none = Object.fromEntries(statuses.map((status) => [status, 0])) as Record<ListingStatus, number>;
/** Nothing to see there is the good case. */
const shown: readonly ListingStatus[] = ['accepted', 'sent', 'pending', 'blocked', 'rejected'];

interface ChannelCardProps {
  catalogId: string;
  channel: CatalogChannel;
  counts: Record<ListingStatus, number> | undefined;
  days: DayCounts[];
  /** When a run was last done with it, and when the next begins. */
  last: string | undefined;
  next: string | undefined;
}

export function ChannelCard({
  catalogId,
  channel,
  counts = none,
  days,
  last,
  next,
}: ChannelCardProps): ReactNode {
  const live = shown.reduce((sum, status) => sum + counts[status], 0);
  return (
    <Stack className="card" p="md" gap="sm" component="section" aria-label={channel.title}>
      <Group justify="space-between" align="flex-start" wrap="nowrap">
        <Text component={Link} to={`/c/${catalogId}/channels`} fw={650} c="inherit">
          {channel.title}
        </Text>
        <Text size="xl" fw={650} lh={1.2}>
          {live === 0 ? '–' : showShare(counts.accepted / live)}
        </Text>
      </Group>
      <Bar
        parts={shown.map((status) => ({
          count: counts[status],
          tone: `bar-${status}`,
          words: nameOf(status),
        }))}
      />
      <Group gap={4} style={{ columnGap: 'var(--mantine-spacing-md)' }}>
        {shown
          .filter((status) => counts[status] > 0 || status === 'accepted')
          .map((status) => (
            <Status key={status} status={status}>
              {showNumber(counts[status])} {nameOf(status)}
            </Status>
          ))}
      </Group>
      <div style={{ height: 56 }}>
        {days.length > 1 ? (
          <Suspense fallback={null}>
            <Trend days={days} />
          </Suspense>
        ) : (
          <Text size="xs" c="dimmed">
            {t('home.no-trend')}
          </Text>
        )}
      </div>
      <Text size="xs" c="dimmed" mt="auto">
        {t('home.last-run')} {last ? <Ago time={last} /> : '–'} · {t('home.next-run')}{' '}
        {next ? <Ago time={next} /> : '–'}
      </Text>
    </Stack>
  );
}
