/** What differs between two versions of a feed, item by item and field by field. */
import { Badge, Button, Group, Modal, Stack, Table, Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { ItemChange } from '../../../../feeds/feed-difference.ts';
import type { DifferencePage } from '../../../../jobs/feed-versions.ts';
import { call, keyOf } from '../../api/client.ts';
import { showTime, t } from '../../messages/text.ts';
import { Failure, Loading } from '../../parts/states.tsx';
import type { Version } from './versions.tsx';

const tones = { added: 'var(--accepted)', removed: 'var(--rejected)', changed: 'var(--sent)' } as const;

export function Difference(props: {
  at: string;
  from: Version;
  to: Version;
  onClose: () => void;
}): ReactNode {
  const { at, from, to, onClose } = props;
  const path = `${at}/difference?from=${from.version}&to=${to.version}&limit=100`;
  const found = useInfiniteQuery({
    queryKey: keyOf(path),
    queryFn: ({ pageParam }) => call<DifferencePage>('GET', `${path}&after=${pageParam}`),
    initialPageParam: 0,
    getNextPageParam: ({ next }: DifferencePage) => next,
    // two files that are kept never change
    staleTime: Infinity,
  });
  const changes = found.data?.pages.flatMap(({ items }) => items) ?? [];
  const counts = found.data?.pages[0]?.counts;
  return (
    <Modal
      opened
      onClose={onClose}
      size="xl"
      title={t('feeds.difference-title', { from: showTime(from.publishedAt), to: showTime(to.publishedAt) })}
      closeButtonProps={{ 'aria-label': t('frame.close') }}
    >
      <Stack>
        {found.isPending && <Loading lines={3} />}
        {found.error && <Failure error={found.error} retry={() => void found.refetch()} />}
        {counts && (
          <Text size="sm" fw={600}>
            {t('feeds.difference-counts', counts)}
          </Text>
        )}
        {changes.length > 0 && (
          <Table.ScrollContainer minWidth={520} tabIndex={0}>
            <Table>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{t('feeds.item')}</Table.Th>
                  <Table.Th>{t('feeds.field')}</Table.Th>
                  <Table.Th>{t('imports.before')}</Table.Th>
                  <Table.Th>{t('imports.after')}</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {changes.map((change) => (
                  <Lines key={change.offerId} change={change} />
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        )}
        {found.hasNextPage && (
          <Group justify="center">
            <Button
              variant="default"
              loading={found.isFetchingNextPage}
              onClick={() => void found.fetchNextPage()}
            >
              {t('feeds.more')}
            </Button>
          </Group>
        )}
      </Stack>
    </Modal>
  );
}

/** An item that came or went is one line; of a changed one every field is. */
function Lines({ change }: { change: ItemChange }): ReactNode {
  const { offerId, title, change: kind, fields } = change;
  const name = (
    <Table.Td>
      <Text size="sm" fw={600}>
        {title ?? offerId}
      </Text>
      <Group gap="xs">
        <Text size="xs" c="dimmed">
          {offerId}
        </Text>
        <Badge size="sm" variant="outline" tt="none" color={tones[kind]}>
          {t(`feeds.${kind}`)}
        </Badge>
      </Group>
    </Table.Td>
  );
  if (kind !== 'changed')
    return (
      <Table.Tr>
        {name}
        <Table.Td colSpan={3} />
      </Table.Tr>
    );
  return fields.map(({ field, before, after }, line) => (
    <Table.Tr key={field}>
      {line === 0 ? name : <Table.Td />}
      <Table.Td>{field}</Table.Td>
      <Table.Td style={{ overflowWrap: 'anywhere' }}>
        <Text size="sm" c="dimmed" lineClamp={3}>
          {before ?? '–'}
        </Text>
      </Table.Td>
      <Table.Td style={{ overflowWrap: 'anywhere' }}>
        <Text size="sm" lineClamp={3}>
          {after ?? '–'}
        </Text>
      </Table.Td>
    </Table.Tr>
  ));
}
