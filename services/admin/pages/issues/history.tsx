/** What people changed by hand, the newest first; each can be taken back. */
import { Button, Drawer, Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { Change } from '../../../../catalog/store/changes.ts';
import { look } from '../../api/client.ts';
import type { Wire } from '../../api/wire.ts';
import { useMay } from '../../frame/session.ts';
import { useCatalogId } from '../../frame/shell.tsx';
import { t } from '../../messages/text.ts';
import { Ago } from '../../parts/ago.tsx';
import { problemTitle } from '../../parts/fields.ts';
import { Failure, Loading, Nothing } from '../../parts/states.tsx';
import { undo } from './fixing.tsx';

export function History(props: { opened: boolean; onClose: () => void }): ReactNode {
  return (
    <Drawer
      {...props}
      position="right"
      title={t('issues.history')}
      closeButtonProps={{ 'aria-label': t('frame.close') }}
    >
      {props.opened && <Changes />}
    </Drawer>
  );
}

function Changes(): ReactNode {
  const catalogId = useCatalogId();
  const mayFix = useMay('merchandiser');
  const found = useQuery(look<{ items: Wire<Change>[] }>(`/catalogs/${catalogId}/changes?limit=50`));
  if (found.isPending) return <Loading />;
  if (found.error) return <Failure error={found.error} retry={() => void found.refetch()} />;
  if (found.data.items.length === 0) return <Nothing title={t('issues.history-none')} />;
  return (
    <Stack gap="sm">
      {found.data.items.map((change) => (
        <Group key={change.id} justify="space-between" wrap="nowrap" align="flex-start">
          <div>
            <Text size="sm">{t(`issues.change-${change.kind}`, { by: change.by, count: change.count })}</Text>
            <Text size="xs" c="dimmed">
              <Ago time={change.at} />
              {change.problem && ` · ${problemTitle({ ...change.problem, message: change.problem.code })}`}
            </Text>
          </div>
          {change.undoneBy !== undefined ? (
            <Text size="xs" c="dimmed">
              {t('issues.was-undone')}
            </Text>
          ) : (
            mayFix && (
              <Button size="compact-sm" variant="default" onClick={() => void undo(catalogId, change.id)}>
                {t('issues.undo')}
              </Button>
            )
          )}
        </Group>
      ))}
    </Stack>
  );
}
