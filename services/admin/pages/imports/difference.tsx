/** The third step: exactly what the import would do, before anything is written. */
import { Alert, Button, Group, SimpleGrid, Stack, Table, Tabs, Text } from '@mantine/core';
import { IconPlayerPause } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import type { ImportPreview } from '../../../../catalog/preview-import.ts';
import { call, refresh } from '../../api/client.ts';
import type { RunView } from '../../api/run-events.ts';
import type { Wire } from '../../api/wire.ts';
import { showNumber, t } from '../../messages/text.ts';
import { problemTitle } from '../../parts/fields.ts';
import { Failure, Loading } from '../../parts/states.tsx';
import { act } from '../../parts/tell.ts';
import type { Upload } from './drop-file.tsx';

type Preview = Wire<ImportPreview>;
export interface DifferenceProps {
  catalogId: string;
  upload: Upload;
  mapping: Record<string, string> | undefined;
  onBack: () => void;
  onStarted: (run: RunView) => void;
}

export function Difference({ catalogId, upload, mapping, onBack, onStarted }: DifferenceProps): ReactNode {
  const path = `/catalogs/${catalogId}/uploads/${upload.id}`;
  const [busy, setBusy] = useState(false);
  const preview = useQuery({
    queryKey: ['uploads', upload.id, mapping],
    queryFn: () => call<Preview>('POST', `${path}/preview`, { mapping }),
    staleTime: Infinity,
    retry: false,
  });
  if (preview.isPending) return <Loading lines={3} />;
  if (preview.error) return <Failure error={preview.error} retry={() => void preview.refetch()} />;
  const { data } = preview;
  const start = async (): Promise<void> => {
    setBusy(true);
    await act(async () => {
      const run = await call<RunView>('POST', `${path}/import`, { mapping, name: upload.name });
      await refresh(`/catalogs/${catalogId}/runs`);
      onStarted(run);
    });
    setBusy(false);
  };
  const writes = data.products.new + data.products.changed + data.products.removed;
  return (
    <Stack>
      <Text size="sm">
        {t('imports.found', {
          name: upload.name,
          title: data.format?.title ?? upload.title,
          rows: data.rows.in,
        })}
      </Text>
      <SimpleGrid cols={{ base: 2, sm: 5 }}>
        <Count words={t('imports.new')} count={data.products.new} tone="accepted" />
        <Count words={t('imports.changed')} count={data.products.changed} tone="sent" />
        <Count words={t('imports.unchanged')} count={data.products.unchanged} tone="removed" />
        <Count words={t('imports.removed')} count={data.products.removed} tone="blocked" />
        <Count words={t('imports.bad-rows')} count={data.rows.failed} tone="rejected" />
      </SimpleGrid>
      {data.hold && (
        <Alert
          color="yellow"
          variant="outline"
          bg="var(--held-paper)"
          icon={<IconPlayerPause />}
          title={t('imports.will-hold')}
        >
          {t('imports.will-hold-text', { count: data.products.removed })}
        </Alert>
      )}
      <Details data={data} />
      <Group justify="flex-end">
        <Button variant="default" onClick={onBack}>
          {t('imports.other-file')}
        </Button>
        <Button loading={busy} onClick={() => void start()}>
          {writes === 0 ? t('imports.start-nothing') : t('imports.start', { count: writes })}
        </Button>
      </Group>
    </Stack>
  );
}

function Count({ words, count, tone }: { words: string; count: number; tone: string }): ReactNode {
  return (
    <Stack gap={0} p="xs" style={{ borderLeft: `3px solid var(--bar-${tone})` }}>
      <Text size="xl" fw={650} c={count === 0 ? 'dimmed' : undefined}>
        {showNumber(count)}
      </Text>
      <Text size="sm" c="dimmed">
        {words}
      </Text>
    </Stack>
  );
}

function Details({ data }: { data: Preview }): ReactNode {
  const { samples, products, fields, issues, badRows } = data;
  const first = products.changed > 0 ? 'changed' : products.new > 0 ? 'new' : 'issues';
  return (
    <Tabs defaultValue={first} keepMounted={false}>
      <Tabs.List>
        <Tabs.Tab value="changed">{t('imports.changed')}</Tabs.Tab>
        <Tabs.Tab value="new">{t('imports.new')}</Tabs.Tab>
        <Tabs.Tab value="removed">{t('imports.removed')}</Tabs.Tab>
        <Tabs.Tab value="issues">{t('imports.problems')}</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="changed" pt="sm">
        {fields.length > 0 && (
          <Text size="sm" mb="xs">
            {fields
              .map(({ field, products: count }) => t('imports.field-count', { field, count }))
              .join(' · ')}
          </Text>
        )}
        <Listing
          head={[t('imports.product'), t('imports.field'), t('imports.before'), t('imports.after')]}
          more={products.changed - samples.changed.length}
        >
          {samples.changed.flatMap(({ sourceId, title, changes }) =>
            changes.map(({ field, variant, before, after }, at) => [
              at === 0 ? title : '',
              variant ? `${field} (${variant})` : field,
              <Old key={`${sourceId}${at}`} text={before} />,
              after ?? '–',
            ]),
          )}
        </Listing>
      </Tabs.Panel>
      <Tabs.Panel value="new" pt="sm">
        <Listing
          head={[t('imports.product'), t('imports.variants')]}
          more={products.new - samples.new.length}
        >
          {samples.new.map(({ title, variants }) => [title, showNumber(variants)])}
        </Listing>
      </Tabs.Panel>
      <Tabs.Panel value="removed" pt="sm">
        <Listing head={[t('imports.product')]} more={products.removed - samples.removed.length}>
          {samples.removed.map(({ title }) => [title])}
        </Listing>
      </Tabs.Panel>
      <Tabs.Panel value="issues" pt="sm">
        <Listing head={[t('imports.count'), t('imports.problem'), t('imports.what-to-do')]} more={0}>
          {issues.map((issue) => [
            showNumber(issue.count),
            problemTitle({ field: undefined, ...issue }),
            issue.hint ?? '',
          ])}
        </Listing>
        {badRows.length > 0 && (
          <Listing
            head={[t('imports.line'), t('imports.problem'), t('imports.row')]}
            more={data.rows.failed - badRows.length}
          >
            {badRows.map(({ line, message, record }) => [
              String(line ?? ''),
              message,
              record?.slice(0, 120) ?? '',
            ])}
          </Listing>
        )}
      </Tabs.Panel>
    </Tabs>
  );
}

const Old = ({ text }: { text: string | undefined }): ReactNode => (
  <Text size="sm" c="dimmed" td={text === undefined ? undefined : 'line-through'} lineClamp={2}>
    {text ?? '–'}
  </Text>
);

/** A plain table of samples that says how many more there are. */
function Listing({
  head,
  children,
  more,
}: {
  head: string[];
  children: ReactNode[][];
  more: number;
}): ReactNode {
  if (children.length === 0)
    return (
      <Text c="dimmed" size="sm">
        {t('imports.nothing')}
      </Text>
    );
  return (
    <Table.ScrollContainer minWidth={420} mah={420} style={{ overflowY: 'auto' }} tabIndex={0}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            {head.map((word) => (
              <Table.Th key={word}>{word}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {children.map((cells, line) => (
            <Table.Tr key={line}>
              {cells.map((cell, at) => (
                <Table.Td key={at} style={{ overflowWrap: 'anywhere' }}>
                  {cell}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {more > 0 && (
        <Text size="sm" c="dimmed" p="xs">
          {t('imports.more', { count: more })}
        </Text>
      )}
    </Table.ScrollContainer>
  );
}
