/** What becomes at a channel of what sells out or leaves the shop: two choices in plain sentences. */
import { Button, Group, Modal, Radio, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState, type ReactNode } from 'react';
import type { Policy } from '../../../../feeds/policy.ts';
import { call, refresh } from '../../api/client.ts';
import { useMay } from '../../frame/session.ts';
import { t } from '../../messages/text.ts';
import { act } from '../../parts/tell.ts';

const choices = {
  outOfStock: ['mark', 'remove'],
  gone: ['remove', 'mark'],
} as const satisfies { [K in keyof Policy]: readonly Policy[K][] };

interface PolicyProps {
  catalogId: string;
  channel: { id: string; title: string; policy: Policy };
}

export function PolicyLine({ catalogId, channel }: PolicyProps): ReactNode {
  const [opened, { open, close }] = useDisclosure(false);
  const isOwner = useMay('owner');
  const { policy } = channel;
  return (
    <Group gap="xs" justify="space-between" align="flex-start" wrap="nowrap">
      <Text size="sm">
        {t(`channels.outOfStock-${policy.outOfStock}`)} {t(`channels.gone-${policy.gone}`)}
      </Text>
      {isOwner && (
        <Button size="compact-sm" variant="subtle" onClick={open} style={{ flexShrink: 0 }}>
          {t('channels.policy-change')}
        </Button>
      )}
      {opened && <PolicyForm catalogId={catalogId} channel={channel} onClose={close} />}
    </Group>
  );
}

function PolicyForm({ catalogId, channel, onClose }: PolicyProps & { onClose: () => void }): ReactNode {
  const [policy, setPolicy] = useState(channel.policy);
  const [busy, setBusy] = useState(false);
  const save = async (): Promise<void> => {
    setBusy(true);
    const done = await act(async () => {
      await call('PUT', `/catalogs/${catalogId}/channels/${channel.id}/policy`, policy);
      await refresh(`/catalogs/${catalogId}`);
    }, t('channels.policy-saved'));
    setBusy(false);
    if (done) onClose();
  };
  return (
    <Modal
      opened
      onClose={onClose}
      title={t('channels.policy-title', { channel: channel.title })}
      closeButtonProps={{ 'aria-label': t('frame.close') }}
    >
      <form onSubmit={(event) => (event.preventDefault(), void save())}>
        <Stack>
          {(['outOfStock', 'gone'] as const).map((which) => (
            <Radio.Group
              key={which}
              label={t(`channels.${which}`)}
              value={policy[which]}
              onChange={(value) => setPolicy({ ...policy, [which]: value as Policy[typeof which] })}
            >
              <Stack gap="xs" mt="xs">
                {choices[which].map((choice) => (
                  <Radio key={choice} value={choice} label={t(`channels.${which}-${choice}`)} />
                ))}
              </Stack>
            </Radio.Group>
          ))}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t('frame.cancel')}
            </Button>
            <Button type="submit" loading={busy}>
              {t('frame.save')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
