/** Where the products come from by themselves: a shop or a file at an address, connected once and read again and again. */
import { Alert, Badge, Button, Group, Stack, Text, Title } from '@mantine/core';
import { IconPlugConnected } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import type { FormField } from '../../../web/channels.ts';
import { call, look, Problem, refresh } from '../../api/client.ts';
import type { RunView } from '../../api/run-events.ts';
import { useMay } from '../../frame/session.ts';
import { t } from '../../messages/text.ts';
import { Ago } from '../../parts/ago.tsx';
import { Ask } from '../../parts/ask.tsx';
import { OptionsForm } from '../../parts/options-form.tsx';
import { OptionsShown } from '../../parts/options-shown.tsx';
import { Failure, Loading } from '../../parts/states.tsx';
import { act, tell, tellWarning } from '../../parts/tell.ts';
import { InstallApp } from './install-app.tsx';

export interface SourceKind {
  id: string;
  title: string;
  fields: FormField[];
  /** Its shops can install our app. */
  installable: boolean;
}
interface ConnectedSource {
  id: string;
  title: string;
  /** What the shop calls itself. */
  name: string;
  connectedAt: string;
  settings: Record<string, unknown>;
  paused?: { code: string; message: string; at: string };
}
export const sourceKindsQuery = look<{ items: SourceKind[] }>('/sources');

export function MainSource(props: { catalogId: string; onStarted: (run: RunView) => void }): ReactNode {
  const { catalogId, onStarted } = props;
  const isOwner = useMay('owner');
  const path = `/catalogs/${catalogId}/source`;
  const kinds = useQuery(sourceKindsQuery);
  const mine = useQuery({ ...look<ConnectedSource>(path), retry: false });
  const [form, setForm] = useState<SourceKind>();
  const isNone = mine.error instanceof Problem && mine.error.status === 404;
  const error = kinds.error ?? (isNone ? undefined : mine.error);
  if (error)
    return <Failure error={error} retry={() => void Promise.all([kinds.refetch(), mine.refetch()])} />;
  if (!kinds.data || mine.isPending) return <Loading lines={1} height={120} />;
  const source = isNone ? undefined : mine.data;
  if (!source && !isOwner) return null;
  return (
    <Stack className="card" p="md" gap="sm" component="section" aria-labelledby="main-source">
      {source ? (
        <Connected
          catalogId={catalogId}
          source={source}
          kind={kinds.data.items.find(({ id }) => id === source.id)}
          onChange={setForm}
          onStarted={onStarted}
        />
      ) : (
        <>
          <Title order={2} id="main-source">
            {t('imports.source-title')}
          </Title>
          <Text size="sm" c="dimmed">
            {t('imports.source-text')}
          </Text>
          <Group gap="xs">
            {kinds.data.items.map((kind) => (
              <Button key={kind.id} size="xs" variant="default" onClick={() => setForm(kind)}>
                {nameOf(kind)}
              </Button>
            ))}
          </Group>
        </>
      )}
      {form && (
        <ConnectSource
          catalogId={catalogId}
          kind={form}
          settings={source?.id === form.id ? source.settings : {}}
          onClose={() => setForm(undefined)}
        />
      )}
    </Stack>
  );
}

const nameOf = ({ id, title }: Pick<SourceKind, 'id' | 'title'>): string =>
  id === 'address' ? t('imports.source-address') : title;

interface ConnectedProps {
  catalogId: string;
  source: ConnectedSource;
  kind: SourceKind | undefined;
  onChange: (kind: SourceKind) => void;
  onStarted: (run: RunView) => void;
}

function Connected({ catalogId, source, kind, onChange, onStarted }: ConnectedProps): ReactNode {
  const isOwner = useMay('owner');
  const may = useMay('merchandiser');
  const path = `/catalogs/${catalogId}/source`;
  const read = (): Promise<boolean> =>
    act(async () => {
      onStarted(await call<RunView>('POST', `${path}/imports`));
      await refresh(`/catalogs/${catalogId}/runs`);
    });
  const disconnect = (): Promise<boolean> =>
    act(async () => {
      await call('DELETE', path);
      await refresh(path);
    }, t('channels.disconnected'));
  return (
    <>
      <Group justify="space-between">
        <Title order={2} id="main-source">
          {nameOf(source)}: {source.name}
        </Title>
        <Badge
          variant="outline"
          tt="none"
          color={source.paused ? 'var(--blocked)' : 'var(--accepted)'}
          leftSection={<IconPlugConnected size={14} />}
        >
          {t(source.paused ? 'channels.paused' : 'channels.connected')}
        </Badge>
      </Group>
      {source.paused && (
        <Alert color="red" variant="light" title={t('channels.reconnect-needed')}>
          {source.paused.message} <Ago time={source.paused.at} />
        </Alert>
      )}
      {kind && <OptionsShown of={source.id} fields={kind.fields} settings={source.settings} />}
      <Text size="sm" c="dimmed">
        {t('imports.source-since')} <Ago time={source.connectedAt} />
      </Text>
      <Group gap="xs">
        {may && !source.paused && (
          <Button size="xs" onClick={() => void read()}>
            {t('imports.source-read')}
          </Button>
        )}
        {isOwner && kind && (
          <Button size="xs" variant={source.paused ? 'filled' : 'default'} onClick={() => onChange(kind)}>
            {t('channels.reconnect')}
          </Button>
        )}
        {isOwner && (
          <Ask
            action={t('channels.disconnect')}
            title={t('channels.disconnect-title', { channel: source.name })}
            text={t('imports.source-disconnect-text')}
            onYes={disconnect}
          />
        )}
      </Group>
    </>
  );
}

function ConnectSource(props: {
  catalogId: string;
  kind: SourceKind;
  settings: Record<string, unknown>;
  onClose: () => void;
}): ReactNode {
  const { catalogId, kind, settings, onClose } = props;
  const path = `/catalogs/${catalogId}/source`;
  return (
    <OptionsForm
      of={kind.id}
      title={t('channels.connect-title', { channel: nameOf(kind) })}
      fields={kind.fields}
      settings={settings}
      first={kind.installable && <InstallApp catalogId={catalogId} source={kind.id} />}
      action={t('channels.keep')}
      onClose={onClose}
      onKeep={async (options) => {
        const body = { source: kind.id, options };
        const { name, callsProblem } = await call<{ name: string; callsProblem?: string }>('PUT', path, body);
        await refresh(path);
        tell(t('channels.connected-to', { name }));
        // it is connected all the same: the scheduled pass finds what calls would have told
        if (callsProblem) tellWarning(t('imports.source-no-calls'), callsProblem);
        onClose();
      }}
    />
  );
}
