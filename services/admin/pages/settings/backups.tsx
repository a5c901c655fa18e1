/** Backups of the store in use: make one, fetch it, delete it. Putting one back is for the command line. */
import { Anchor, Button, Group, Stack, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import type { Backup } from '../../../web/backups.ts';
import { call, look, refresh } from '../../api/client.ts';
import type { Wire } from '../../api/wire.ts';
import { showBytes, t } from '../../messages/text.ts';
import { Ago } from '../../parts/ago.tsx';
import { Ask } from '../../parts/ask.tsx';
import { Failure, Loading, Nothing } from '../../parts/states.tsx';
import { act } from '../../parts/tell.ts';

export function Backups(): ReactNode {
  const [busy, setBusy] = useState(false);
  const backups = useQuery(look<{ embedded: boolean; items: Wire<Backup>[] }>('/backups'));
  if (backups.isPending) return <Loading />;
  if (backups.error) return <Failure error={backups.error} retry={() => void backups.refetch()} />;
  const { embedded, items } = backups.data;
  if (!embedded)
    return <Nothing title={t('settings.backup-server')} text={t('settings.backup-server-text')} />;
  const make = async (): Promise<void> => {
    setBusy(true);
    await act(async () => {
      await call('POST', '/backups');
      await refresh('/backups');
    }, t('settings.backup-made'));
    setBusy(false);
  };
  const remove = (name: string): Promise<boolean> =>
    act(async () => {
      await call('DELETE', `/backups/${name}`);
      await refresh('/backups');
    }, t('settings.backup-deleted'));
  return (
    <Stack>
      <Group justify="space-between" className="card" p="md">
        <Text size="sm" maw={640}>
          {t('settings.backup-text')}
        </Text>
        <Button loading={busy} onClick={() => void make()}>
          {t('settings.backup-make')}
        </Button>
      </Group>
      {items.length === 0 ? (
        <Text size="sm" c="dimmed">
          {t('settings.backup-none')}
        </Text>
      ) : (
        <Table.ScrollContainer minWidth={480} className="card">
          <Table>
            <Table.Tbody>
              {items.map(({ name, bytes, at }) => (
                <Table.Tr key={name}>
                  <Table.Td>
                    <Anchor size="sm" href={`/api/v1/backups/${name}`} download={name}>
                      {name}
                    </Anchor>
                  </Table.Td>
                  <Table.Td>{showBytes(bytes)}</Table.Td>
                  <Table.Td>
                    <Ago time={at} />
                  </Table.Td>
                  <Table.Td ta="right">
                    <Ask
                      action={t('settings.backup-delete')}
                      title={t('settings.backup-delete-title')}
                      text={name}
                      onYes={() => remove(name)}
                    />
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </Stack>
  );
}
