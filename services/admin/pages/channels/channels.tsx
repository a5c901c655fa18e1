/** Channels: where the shop's items go, connected by a guided form. */
import { Alert, Badge, Button, Group, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPlugConnected, IconPlugConnectedX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { FormField } from '../../../web/channels.ts';
import { call, look, refresh } from '../../api/client.ts';
import { channelsQuery, type CatalogChannel } from '../../api/questions.ts';
import { useMay } from '../../frame/session.ts';
import { useCatalogId } from '../../frame/shell.tsx';
import { t } from '../../messages/text.ts';
import { Ago } from '../../parts/ago.tsx';
import { Ask } from '../../parts/ask.tsx';
import { OptionsShown } from '../../parts/options-shown.tsx';
import { Page } from '../../parts/page.tsx';
import { Failure, Loading } from '../../parts/states.tsx';
import { act } from '../../parts/tell.ts';
import { ConnectForm } from './connect-form.tsx';
import { PolicyLine } from './policy-form.tsx';

export interface ChannelKind {
  id: string;
  title: string;
  formats: string[];
  fields: FormField[];
}
export function Channels(): ReactNode {
  const catalogId = useCatalogId();
  const kinds = useQuery(look<{ items: ChannelKind[] }>('/channels'));
  const mine = useQuery(channelsQuery(catalogId));
  const error = kinds.error ?? mine.error;
  if (error)
    return <Failure error={error} retry={() => void Promise.all([kinds.refetch(), mine.refetch()])} />;
  if (!kinds.data || !mine.data) return <Loading lines={4} height={120} />;
  return (
    <Page title={t('channels.menu')} note={t('channels.note')}>
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        {kinds.data.items.map((kind) => (
          <ChannelCard
            key={kind.id}
            kind={kind}
            mine={mine.data.items.find(({ id }) => id === kind.id)}
            catalogId={catalogId}
          />
        ))}
      </SimpleGrid>
    </Page>
  );
}

interface CardProps {
  kind: ChannelKind;
  mine: CatalogChannel | undefined;
  catalogId: string;
}

function ChannelCard({ kind, mine, catalogId }: CardProps): ReactNode {
  const [opened, { open, close }] = useDisclosure(false);
  const isOwner = useMay('owner');
  const may = useMay('merchandiser');
  const at = `/catalogs/${catalogId}/channels/${kind.id}`;
  const send = (method: string, path: string, done: string): Promise<boolean> =>
    act(async () => {
      await call(method, path);
      await refresh(`/catalogs/${catalogId}`, '/catalogs');
    }, done);
  const isPausedByPerson = mine?.paused?.code === 'paused_by_person';
  return (
    <Stack className="card" p="md" gap="sm" component="section" aria-label={kind.title}>
      <Group justify="space-between" align="flex-start" wrap="nowrap">
        <Title order={2}>{kind.title}</Title>
        <State mine={mine} />
      </Group>
      {mine?.paused && (
        <Alert
          color={isPausedByPerson ? 'gray' : 'red'}
          variant="light"
          title={t(isPausedByPerson ? 'channels.paused' : 'channels.reconnect-needed')}
        >
          <Text size="sm">
            {mine.paused.message} <Ago time={mine.paused.at} />
          </Text>
        </Alert>
      )}
      {mine?.settings && <OptionsShown of={kind.id} fields={kind.fields} settings={mine.settings} />}
      {mine && <PolicyLine catalogId={catalogId} channel={mine} />}
      {!mine && (
        <Text size="sm" c="dimmed">
          {t('channels.formats', { formats: kind.formats.join(', ').toUpperCase() })}
        </Text>
      )}
      <Group gap="xs" mt="auto">
        {mine?.connected && (
          <Button size="xs" variant="default" component={Link} to={`/c/${catalogId}/channels/${kind.id}`}>
            {t('channels.compare')}
          </Button>
        )}
        {isOwner && (
          <Button size="xs" variant={mine && !mine.paused ? 'default' : 'filled'} onClick={open}>
            {t(mine ? 'channels.reconnect' : 'channels.connect')}
          </Button>
        )}
        {mine && may && !mine.paused && (
          <Button
            size="xs"
            variant="default"
            onClick={() => void send('POST', `${at}/pause`, t('channels.paused-done'))}
          >
            {t('channels.pause')}
          </Button>
        )}
        {mine && may && isPausedByPerson && (
          <Button size="xs" onClick={() => void send('POST', `${at}/resume`, t('channels.resumed'))}>
            {t('channels.resume')}
          </Button>
        )}
        {mine && isOwner && (
          <Ask
            action={t('channels.disconnect')}
            title={t('channels.disconnect-title', { channel: kind.title })}
            text={t('channels.disconnect-text')}
            onYes={() => send('DELETE', at, t('channels.disconnected'))}
          />
        )}
      </Group>
      {opened && (
        <ConnectForm kind={kind} settings={mine?.settings ?? {}} catalogId={catalogId} onClose={close} />
      )}
    </Stack>
  );
}

function State({ mine }: { mine: CatalogChannel | undefined }): ReactNode {
  if (!mine)
    return (
      <Badge
        variant="outline"
        color="var(--removed)"
        tt="none"
        style={{ flexShrink: 0 }}
        leftSection={<IconPlugConnectedX size={14} />}
      >
        {t('channels.not-connected')}
      </Badge>
    );
  return (
    <Badge
      variant="outline"
      color={mine.paused ? 'var(--blocked)' : 'var(--accepted)'}
      tt="none"
      style={{ flexShrink: 0 }}
      leftSection={<IconPlugConnected size={14} />}
    >
      {t(mine.paused ? 'channels.paused' : 'channels.connected')}
    </Badge>
  );
}
