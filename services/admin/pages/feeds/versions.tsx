/** The kept versions of a channel's feed: what differs, one click back to an earlier one, and on again. */
import { Alert, Badge, Button, Flex, Group, Stack, Table, Text } from '@mantine/core';
import { IconPlayerPause } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import type { FeedPin } from '../../../../feeds/store/feed-versions.ts';
import type { KeptVersion } from '../../../../jobs/feed-versions.ts';
import { call, look, refresh } from '../../api/client.ts';
import type { Wire } from '../../api/wire.ts';
import { useMay } from '../../frame/session.ts';
import { showBytes, showNumber, showTime, t } from '../../messages/text.ts';
import { Ask } from '../../parts/ask.tsx';
import { channelName } from '../../parts/fields.ts';
import { Failure, Loading } from '../../parts/states.tsx';
import { act } from '../../parts/tell.ts';
import { Difference } from './difference.tsx';

export type Version = Wire<KeptVersion>;
interface Versions {
  items: Version[];
  pin?: Wire<FeedPin>;
}

export function FeedVersions({ catalogId, channel }: { catalogId: string; channel: string }): ReactNode {
  const may = useMay('merchandiser');
  const [shown, setShown] = useState<{ from: Version; to: Version }>();
  const at = `/catalogs/${catalogId}/feeds/${channel}`;
  const found = useQuery({ ...look<Versions>(`${at}/versions`), refetchInterval: 5_000 });
  if (found.isPending) return <Loading lines={2} />;
  if (found.error) return <Failure error={found.error} retry={() => void found.refetch()} />;
  const { items, pin } = found.data;
  const send = (path: string, done: string, body?: object): Promise<boolean> =>
    act(async () => {
      await call('POST', `${at}/${path}`, body);
      await refresh(`/catalogs/${catalogId}`);
    }, done);
  const pinned = pin && items.find(({ version }) => version === pin.version);
  return (
    <Stack gap="sm">
      {pin && (
        <Alert
          color="yellow"
          variant="outline"
          bg="var(--held-paper)"
          icon={<IconPlayerPause />}
          title={t('feeds.pinned', { time: pinned ? showTime(pinned.publishedAt) : pin.version })}
        >
          <Stack gap="xs" align="flex-start">
            <Text size="sm">
              {t('feeds.pinned-text', { by: pin.by, time: showTime(pin.at), channel: channelName(channel) })}
            </Text>
            {may && (
              <Button size="xs" onClick={() => void send('resume', t('feeds.resumed'))}>
                {t('feeds.resume')}
              </Button>
            )}
          </Stack>
        </Alert>
      )}
      <Table.ScrollContainer minWidth={300}>
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('feeds.version')}</Table.Th>
              <Table.Th ta="right">{t('feeds.items')}</Table.Th>
              <Table.Th visibleFrom="sm">{t('feeds.files')}</Table.Th>
              <Table.Th visibleFrom="sm">{t('feeds.by')}</Table.Th>
              <Table.Th />
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {items.map((one, place) => {
              const before = items[place + 1];
              return (
                <Table.Tr key={one.version}>
                  <Table.Td>
                    <Group gap="xs">
                      {showTime(one.publishedAt)}
                      {one.served && (
                        <Badge variant="outline" tt="none" color="var(--accepted)" style={{ flexShrink: 0 }}>
                          {t('feeds.served')}
                        </Badge>
                      )}
                    </Group>
                  </Table.Td>
                  <Table.Td ta="right">{showNumber(one.items)}</Table.Td>
                  <Table.Td visibleFrom="sm">
                    {Object.entries(one.bytes)
                      .map(([format, bytes]) => `${format.toUpperCase()} ${showBytes(bytes)}`)
                      .join(' · ')}
                  </Table.Td>
                  <Table.Td visibleFrom="sm">
                    {one.runId === undefined ? (
                      '–'
                    ) : (
                      <Text
                        component={Link}
                        to={`/c/${catalogId}/runs/${encodeURIComponent(one.runId)}`}
                        size="sm"
                        c="var(--mantine-color-anchor)"
                      >
                        {t('feeds.run')}
                      </Text>
                    )}
                  </Table.Td>
                  <Table.Td>
                    <Flex
                      direction={{ base: 'column', sm: 'row' }}
                      gap="xs"
                      justify="flex-end"
                      align="flex-end"
                    >
                      {before && (
                        <Button
                          size="xs"
                          variant="default"
                          onClick={() => setShown({ from: before, to: one })}
                        >
                          {t('feeds.difference')}
                        </Button>
                      )}
                      {may && !one.served && (
                        <Ask
                          action={t('feeds.return')}
                          title={t('feeds.return-title', { time: showTime(one.publishedAt) })}
                          text={t('feeds.return-text', { channel: channelName(channel) })}
                          onYes={() => send('return', t('feeds.returned'), { version: one.version })}
                        />
                      )}
                    </Flex>
                  </Table.Td>
                </Table.Tr>
              );
            })}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {shown && <Difference at={at} {...shown} onClose={() => setShown(undefined)} />}
    </Stack>
  );
}
