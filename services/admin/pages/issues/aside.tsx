/** Put problems aside with a reason: until a day, or (warnings) for good. */
import { Button, Group, Modal, SegmentedControl, Stack, Text, TextInput } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import type { Change } from '../../../../catalog/store/changes.ts';
import type { IssueGroup } from '../../../../feeds/issue-group.ts';
import { call } from '../../api/client.ts';
import type { Wire } from '../../api/wire.ts';
import { useCatalogId } from '../../frame/shell.tsx';
import { t } from '../../messages/text.ts';
import { tellAside, tellFailed } from './fixing.tsx';

const DAY_MS = 86_400_000;
const spans = { day: DAY_MS, week: 7 * DAY_MS, month: 30 * DAY_MS } as const;
type Span = keyof typeof spans | 'ever';

export function Aside(props: {
  opened: boolean;
  onClose: () => void;
  group: IssueGroup;
  offerIds: string[];
}): ReactNode {
  const { opened, onClose, group, offerIds } = props;
  const catalogId = useCatalogId();
  const [reason, setReason] = useState('');
  const [span, setSpan] = useState<Span>('week');
  const [busy, setBusy] = useState(false);
  const isError = group.severity === 'error';
  const choices: Span[] = isError ? ['day', 'week', 'month'] : ['day', 'week', 'month', 'ever'];
  async function send(): Promise<void> {
    setBusy(true);
    try {
      const { change, muted } = await call<{ change?: Wire<Change>; muted: number }>(
        'POST',
        `/catalogs/${catalogId}/mutes`,
        {
          code: group.code,
          ...(group.field === undefined ? {} : { field: group.field }),
          ...(offerIds.length > 0 ? { offerIds } : {}),
          reason,
          ...(span === 'ever' ? {} : { until: new Date(Date.now() + spans[span]).toISOString() }),
        },
      );
      tellAside(catalogId, change, muted);
      setReason('');
      onClose();
    } catch (error) {
      tellFailed(error);
    }
    setBusy(false);
  }
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t('issues.aside-title')}
      closeButtonProps={{ 'aria-label': t('frame.close') }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <Stack>
          <Text size="sm">{t('issues.aside-text')}</Text>
          {isError && <Text size="sm">{t('issues.aside-error')}</Text>}
          <TextInput
            data-autofocus
            required
            label={t('issues.reason')}
            value={reason}
            maxLength={300}
            onChange={({ currentTarget }) => setReason(currentTarget.value)}
          />
          <div>
            <Text size="sm" fw={500} id="aside-until" mb={4}>
              {t('issues.until')}
            </Text>
            <SegmentedControl
              fullWidth
              orientation={isError ? 'horizontal' : 'vertical'}
              aria-labelledby="aside-until"
              data={choices.map((value) => ({ value, label: t(`issues.until-${value}`) }))}
              value={span}
              onChange={(value) => setSpan(value as Span)}
            />
          </div>
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t('frame.cancel')}
            </Button>
            <Button type="submit" loading={busy} disabled={reason.trim() === ''}>
              {t('issues.aside-all', { count: offerIds.length > 0 ? offerIds.length : group.items })}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
