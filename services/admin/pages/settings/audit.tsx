/** Every write: who, what, before, after. */
import { Button, Code, Group, Stack, Table, Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { AuditEntry } from '../../../accounts/audit.ts';
import { call } from '../../api/client.ts';
import type { Wire } from '../../api/wire.ts';
import { sayInstead, showTime, t } from '../../messages/text.ts';
import { Failure, Loading, Nothing } from '../../parts/states.tsx';

type Entry = Wire<AuditEntry>;
const pageSize = 50;

export function Audit(): ReactNode {
  const log = useInfiniteQuery({
    queryKey: ['audit'],
    queryFn: ({ pageParam }) =>
      call<{ items: Entry[] }>('GET', `/audit?limit=${pageSize}${pageParam ? `&before=${pageParam}` : ''}`),
    initialPageParam: '',
    getNextPageParam: ({ items }) => (items.length === pageSize ? items.at(-1)?.at : undefined),
  });
  if (log.isPending) return <Loading />;
  if (log.error) return <Failure error={log.error} retry={() => void log.refetch()} />;
  const entries = log.data.pages.flatMap(({ items }) => items);
  if (entries.length === 0) return <Nothing title={t('settings.audit-none')} />;
  return (
    <Stack>
      <Table.ScrollContainer minWidth={680} className="card">
        <Table verticalSpacing="xs">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('settings.when')}</Table.Th>
              <Table.Th>{t('settings.who')}</Table.Th>
              <Table.Th>{t('settings.what')}</Table.Th>
              <Table.Th>{t('settings.outcome')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {entries.map((entry) => (
              <Line key={entry.id} entry={entry} />
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {log.hasNextPage && (
        <Button variant="default" loading={log.isFetchingNextPage} onClick={() => void log.fetchNextPage()}>
          {t('frame.more')}
        </Button>
      )}
    </Stack>
  );
}

const outcomes = { done: 'settings.done', refused: 'settings.refused' } as const;

function Line({ entry }: { entry: Entry }): ReactNode {
  const { at, by, summary, target, outcome, code } = entry;
  return (
    <Table.Tr>
      <Table.Td style={{ whiteSpace: 'nowrap' }}>{showTime(at)}</Table.Td>
      <Table.Td style={{ whiteSpace: 'nowrap' }}>{by.name}</Table.Td>
      <Table.Td>
        <details>
          <summary>
            {sayInstead(`audit.${entry.action}`, summary)}{' '}
            <Text span size="xs" c="dimmed">
              {Object.values(target).join(' · ')}
            </Text>
          </summary>
          <Text size="xs" c="dimmed">
            {entry.action}
          </Text>
          <Values words={t('settings.before')} value={entry.before} />
          <Values words={t('settings.after')} value={entry.after} />
        </details>
      </Table.Td>
      <Table.Td>
        <Text size="sm" c={outcome === 'refused' ? 'var(--rejected)' : undefined}>
          {outcome ? t(outcomes[outcome]) : '–'} {code}
        </Text>
      </Table.Td>
    </Table.Tr>
  );
}

function Values({ words, value }: { words: string; value: unknown }): ReactNode {
  if (value === undefined || value === null) return null;
  return (
    <Group gap="xs" align="flex-start">
      <Text size="xs" c="dimmed" w={60}>
        {words}
      </Text>
      <Code block style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
        {JSON.stringify(value, null, 1)}
      </Code>
    </Group>
  );
}
