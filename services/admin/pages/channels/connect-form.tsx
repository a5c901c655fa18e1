/** The form of a channel's own options, tried live before it is kept. */
import type { ReactNode } from 'react';
import { call, refresh } from '../../api/client.ts';
import { t } from '../../messages/text.ts';
import { OptionsForm } from '../../parts/options-form.tsx';
import { tell } from '../../parts/tell.ts';
import type { ChannelKind } from './channels.tsx';

interface ConnectProps {
  kind: ChannelKind;
  settings: Record<string, unknown>;
  catalogId: string;
  onClose: () => void;
}

export function ConnectForm({ kind, settings, catalogId, onClose }: ConnectProps): ReactNode {
  const at = `/catalogs/${catalogId}/channels/${kind.id}`;
  return (
    <OptionsForm
      of={kind.id}
      title={t('channels.connect-title', { channel: kind.title })}
      fields={kind.fields}
      settings={settings}
      action={t('channels.keep')}
      onClose={onClose}
      onTest={async (options) => (await call<{ name: string }>('POST', `${at}/test`, options)).name}
      onKeep={async (options) => {
        const { name } = await call<{ name: string }>('PUT', at, options);
        await refresh(`/catalogs/${catalogId}`, '/catalogs');
        tell(t('channels.connected-to', { name }));
        onClose();
      }}
    />
  );
}
