/** Feeds: their secret addresses, when they were built, and their versions. */
import { Anchor, Button, Code, Group, Stack, Text, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { call, refresh } from '../../api/client.ts';
import { feedsQuery, type FeedView } from '../../api/questions.ts';
import type { RunView } from '../../api/run-events.ts';
import { useMay } from '../../frame/session.ts';
import { useCatalogId } from '../../frame/shell.tsx';
import { showBytes, t } from '../../messages/text.ts';
import { Ago } from '../../parts/ago.tsx';
import { Ask } from '../../parts/ask.tsx';
import { Copy } from '../../parts/copy.tsx';
import { channelName } from '../../parts/fields.ts';
import { Page } from '../../parts/page.tsx';
import { Failure, Loading, Nothing } from '../../parts/states.tsx';
import { act } from '../../parts/tell.ts';
import { FeedVersions } from './versions.tsx';

export function Feeds(): ReactNode {
  const catalogId = useCatalogId();
  const may = useMay('merchandiser');
  const navigate = useNavigate();
  const feeds = useQuery({ ...feedsQuery(catalogId), refetchInterval: 15_000 });
  const build = (): Promise<boolean> =>
    act(async () => {
      const run = await call<RunView>('POST', `/catalogs/${catalogId}/feeds`);
      await navigate({ to: '/c/$catalogId/runs/$runId', params: { catalogId, runId: run.id } });
    });
  return (
    <Page
      title={t('feeds.menu')}
      note={
        <>
          {t('feeds.note')} {t('feeds.when')}{' '}
          <Anchor component={Link} to={`/c/${catalogId}/runs`} size="sm" underline="always">
            {t('feeds.schedule')}
          </Anchor>
          .
        </>
      }
      action={may && <Button onClick={() => void build()}>{t('feeds.build')}</Button>}
    >
      {feeds.isPending && <Loading height={120} lines={2} />}
      {feeds.error && <Failure error={feeds.error} retry={() => void feeds.refetch()} />}
      {feeds.data?.items.length === 0 && (
        <Nothing
          title={t('feeds.none')}
          text={t('feeds.none-text')}
          action={
            <Button component={Link} to={`/c/${catalogId}/channels`}>
              {t('feeds.to-channels')}
            </Button>
          }
        />
      )}
      {[...Map.groupBy(feeds.data?.items ?? [], ({ channel }) => channel)].map(([channel, formats]) => (
        <ChannelFeeds key={channel} channel={channel} formats={formats} catalogId={catalogId} />
      ))}
    </Page>
  );
}

function ChannelFeeds(props: { channel: string; formats: FeedView[]; catalogId: string }): ReactNode {
  const { channel, formats, catalogId } = props;
  const [opened, { toggle }] = useDisclosure(formats.some(({ pinned }) => pinned));
  const may = useMay('merchandiser');
  const [first] = formats;
  const rotate = (): Promise<boolean> =>
    act(async () => {
      await call('POST', `/catalogs/${catalogId}/feeds/${channel}/rotate`);
      await refresh(`/catalogs/${catalogId}/feeds`);
    }, t('feeds.rotated'));
  return (
    <Stack className="card" p="md" gap="sm" component="section" aria-label={channelName(channel)}>
      <Group justify="space-between">
        <Title order={2}>{channelName(channel)}</Title>
        {first && (
          <Text size="sm" c="dimmed">
            {t('feeds.built')} <Ago time={first.publishedAt} />
          </Text>
        )}
      </Group>
      {formats.map((feed) => (
        <Address key={feed.format} feed={feed} />
      ))}
      <Group gap="xs">
        <Button size="xs" variant="default" onClick={toggle} aria-expanded={opened}>
          {t('feeds.show-versions', { count: first?.versions ?? 0 })}
        </Button>
        {may && (
          <Ask
            action={t('feeds.rotate')}
            title={t('feeds.rotate-title')}
            text={t('feeds.rotate-text')}
            onYes={rotate}
          />
        )}
      </Group>
      {opened && <FeedVersions catalogId={catalogId} channel={channel} />}
    </Stack>
  );
}

function Address({ feed }: { feed: FeedView }): ReactNode {
  const { format, url, items, bytes } = feed;
  return (
    <Stack gap={2}>
      <Group gap="xs">
        <Text size="sm" fw={600}>
          {format.toUpperCase()}
        </Text>
        <Text size="sm">{t('feeds.size', { items, size: showBytes(bytes) })}</Text>
        <Anchor size="sm" href={new URL(url).pathname} target="_blank" rel="noreferrer">
          {t('feeds.open')}
        </Anchor>
      </Group>
      <Group gap={4} wrap="nowrap">
        <Code style={{ overflowWrap: 'anywhere' }}>{url}</Code>
        <Copy value={url} />
      </Group>
    </Stack>
  );
}
