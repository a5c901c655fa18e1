/** Second sources: small tables that add or replace fields by id, SKU or GTIN, and whose value wins. */
import {
  ActionIcon,
  Badge,
  Button,
  FileButton,
  Group,
  Modal,
  Stack,
  Table,
  Text,
  Title,
} from '@mantine/core';
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import type { Supplement } from '../../../../catalog/store/supplements.ts';
import { call, look, refresh, upload } from '../../api/client.ts';
import type { Wire } from '../../api/wire.ts';
import { useMay } from '../../frame/session.ts';
import { showList, showNumber, t } from '../../messages/text.ts';
import { Ago } from '../../parts/ago.tsx';
import { Ask } from '../../parts/ask.tsx';
import { fieldName } from '../../parts/fields.ts';
import { Failure, Loading } from '../../parts/states.tsx';
import { act } from '../../parts/tell.ts';
import { AddAddress, AddFile, tables } from './add-second.tsx';

/** As the service tells it: its address, and nothing that signs in. */
type Second = Wire<Omit<Supplement, 'sealed' | 'version'>> & { url?: string };
interface Seconds {
  order: string[];
  items: Second[];
}
/** The source of the products in the order of sources. */
const main = 'main';

export function SecondSources({ catalogId }: { catalogId: string }): ReactNode {
  const path = `/catalogs/${catalogId}/supplements`;
  const found = useQuery(look<Seconds>(path));
  const may = useMay('merchandiser');
  const isOwner = useMay('owner');
  const [adding, setAdding] = useState<'file' | 'address'>();
  if (found.isPending) return <Loading lines={1} height={120} />;
  if (found.error) return <Failure error={found.error} retry={() => void found.refetch()} />;
  const { items } = found.data;
  if (items.length === 0 && !may) return null;
  return (
    <Stack className="card" p="md" gap="sm" component="section" aria-labelledby="second-sources">
      <Group justify="space-between" align="flex-start">
        <div style={{ flex: 1, minWidth: 240 }}>
          <Title order={2} id="second-sources">
            {t('imports.second')}
          </Title>
          <Text size="sm" c="dimmed" maw={640}>
            {t('imports.second-text')}
          </Text>
        </div>
        <Group gap="xs">
          {may && (
            <Button size="xs" variant="default" onClick={() => setAdding('file')}>
              {t('imports.second-file')}
            </Button>
          )}
          {isOwner && (
            <Button size="xs" variant="default" onClick={() => setAdding('address')}>
              {t('imports.second-address')}
            </Button>
          )}
        </Group>
      </Group>
      {items.length > 0 && <Ordered catalogId={catalogId} {...found.data} />}
      {adding === 'file' && <AddFile path={path} onClose={() => setAdding(undefined)} />}
      {adding === 'address' && <AddAddress path={path} onClose={() => setAdding(undefined)} />}
    </Stack>
  );
}

/** All sources in the order in which they win, the products' own among them. */
function Ordered({ catalogId, order, items }: Seconds & { catalogId: string }): ReactNode {
  const isOwner = useMay('owner');
  const move = (from: number, to: number): void => {
    const next = order.toSpliced(from, 1).toSpliced(to, 0, order[from] ?? main);
    void act(async () => {
      await call('PUT', `/catalogs/${catalogId}/source-order`, { order: next });
      await refresh(`/catalogs/${catalogId}`);
    }, t('imports.order-saved'));
  };
  return (
    <Table.ScrollContainer minWidth={640}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('imports.order')}</Table.Th>
            <Table.Th>{t('imports.second-gives')}</Table.Th>
            <Table.Th ta="right">{t('imports.second-rows')}</Table.Th>
            <Table.Th>{t('imports.second-loaded')}</Table.Th>
            <Table.Th />
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {order.map((id, at) => {
            const one = items.find((item) => item.id === id);
            const name = id === main ? t('imports.second-main') : id;
            return (
              <Table.Tr key={id}>
                <Table.Td>
                  <Group gap={4} wrap="nowrap">
                    <Text span size="sm" c="dimmed" w={20}>
                      {at + 1}.
                    </Text>
                    {isOwner && (
                      <>
                        <ActionIcon
                          variant="subtle"
                          color="gray"
                          disabled={at === 0}
                          aria-label={t('imports.order-up', { name })}
                          onClick={() => move(at, at - 1)}
                        >
                          <IconArrowUp size={16} />
                        </ActionIcon>
                        <ActionIcon
                          variant="subtle"
                          color="gray"
                          disabled={at === order.length - 1}
                          aria-label={t('imports.order-down', { name })}
                          onClick={() => move(at, at + 1)}
                        >
                          <IconArrowDown size={16} />
                        </ActionIcon>
                      </>
                    )}
                    <Text span size="sm" fw={600}>
                      {name}
                    </Text>
                  </Group>
                </Table.Td>
                {one ? <Facts catalogId={catalogId} second={one} /> : <Table.Td colSpan={4} />}
              </Table.Tr>
            );
          })}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function Facts({ catalogId, second }: { catalogId: string; second: Second }): ReactNode {
  const { id, url, columns, rows, matched, loadedAt, issues, problem } = second;
  const may = useMay('merchandiser');
  const isOwner = useMay('owner');
  const [shown, setShown] = useState(false);
  const [busy, setBusy] = useState(false);
  const at = `/catalogs/${catalogId}/supplements/${id}`;
  const send = async (work: () => Promise<unknown>): Promise<void> => {
    setBusy(true);
    await act(work, t('imports.second-done'));
    await refresh(`/catalogs/${catalogId}`);
    setBusy(false);
  };
  const remove = (): Promise<boolean> =>
    act(async () => {
      await call('DELETE', at);
      await refresh(`/catalogs/${catalogId}`);
    }, t('imports.second-removed'));
  return (
    <>
      <Table.Td>
        {columns && (
          <Text size="sm">
            {t('imports.second-columns', {
              keys: columns.keys.map((key) => key.toUpperCase()).join(', '),
              fields: showList(columns.fields.map(fieldName)),
            })}
          </Text>
        )}
        <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
          {url ?? t('imports.second-by-hand')}
        </Text>
        {problem && (
          <Text size="sm" c="var(--rejected)">
            {problem.message}
          </Text>
        )}
      </Table.Td>
      <Table.Td ta="right">{t('imports.second-matched', { matched, rows: showNumber(rows) })}</Table.Td>
      <Table.Td>
        <Stack gap={2} align="flex-start">
          {loadedAt ? <Ago time={loadedAt} /> : t('settings.never')}
          {issues.length > 0 && (
            <Button size="compact-sm" px={0} variant="transparent" onClick={() => setShown(true)}>
              {t('imports.second-issues', { count: issues.length })}
            </Button>
          )}
        </Stack>
      </Table.Td>
      <Table.Td>
        <Group gap="xs" justify="flex-end" wrap="nowrap">
          {may && url !== undefined && (
            <Button
              size="xs"
              variant="default"
              loading={busy}
              onClick={() => void send(() => call('POST', `${at}/imports`))}
            >
              {t('imports.second-load')}
            </Button>
          )}
          {may && url === undefined && (
            <FileButton
              accept={tables}
              onChange={(file) => file && void send(() => upload(`${at}/file`, file, () => undefined))}
            >
              {(props) => (
                <Button {...props} size="xs" variant="default" loading={busy}>
                  {t('imports.second-send')}
                </Button>
              )}
            </FileButton>
          )}
          {isOwner && (
            <Ask
              action={t('settings.remove')}
              title={t('settings.remove-title', { name: id })}
              text={t('imports.second-remove-text')}
              onYes={remove}
            />
          )}
        </Group>
        {shown && <Issues second={second} onClose={() => setShown(false)} />}
      </Table.Td>
    </>
  );
}

function Issues({ second, onClose }: { second: Second; onClose: () => void }): ReactNode {
  return (
    <Modal
      opened
      onClose={onClose}
      size="xl"
      title={t('imports.second-issues-of', { name: second.id })}
      closeButtonProps={{ 'aria-label': t('frame.close') }}
    >
      <Table.ScrollContainer minWidth={480} tabIndex={0}>
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th ta="right">{t('imports.line')}</Table.Th>
              <Table.Th>{t('imports.problem')}</Table.Th>
              <Table.Th>{t('imports.what-to-do')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {second.issues.map(({ line, message, hint, field, severity }, at) => (
              <Table.Tr key={at}>
                <Table.Td ta="right">{line === undefined ? '–' : showNumber(line)}</Table.Td>
                <Table.Td>
                  {field !== undefined && severity === 'error' && (
                    <Badge size="sm" variant="outline" color="gray" tt="none" mr={4}>
                      {fieldName(field)}
                    </Badge>
                  )}
                  {message}
                </Table.Td>
                <Table.Td>{hint}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Modal>
  );
}
