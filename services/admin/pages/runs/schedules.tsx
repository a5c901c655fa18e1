/** What starts by itself: in plain words, with the next times, changed on the spot. */
import { Button, Flex, Group, Modal, Select, Stack, Switch, Text, TextInput } from '@mantine/core';
import { useDebouncedValue, useDisclosure } from '@mantine/hooks';
import { IconCalendarTime } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { call, look, refresh } from '../../api/client.ts';
import { schedulesQuery, type ScheduleView } from '../../api/questions.ts';
import { useMay } from '../../frame/session.ts';
import { isMessage, language, showTime, t } from '../../messages/text.ts';
import { Failure, Loading } from '../../parts/states.tsx';
import { act } from '../../parts/tell.ts';

const nameKind = (kind: string, title: string): string => {
  const key = `runs.schedule-${kind}`;
  return isMessage(key) ? t(key) : title;
};

export function Schedules({ catalogId }: { catalogId: string }): ReactNode {
  const schedules = useQuery(schedulesQuery(catalogId));
  if (schedules.isPending) return <Loading lines={2} />;
  if (schedules.error) return <Failure error={schedules.error} retry={() => void schedules.refetch()} />;
  const { items, kinds } = schedules.data;
  return (
    <Stack className="card" p="md" gap="sm">
      {kinds.map(({ kind, title, default: cron = '0 3 * * *' }) => {
        const set = items.find((one) => one.kind === kind);
        return (
          <ScheduleLine
            key={kind}
            catalogId={catalogId}
            schedule={set ?? { kind, title, cron, timeZone: 'UTC', enabled: false, words: '', next: [] }}
          />
        );
      })}
    </Stack>
  );
}

function ScheduleLine({ catalogId, schedule }: { catalogId: string; schedule: ScheduleView }): ReactNode {
  const [opened, { open, close }] = useDisclosure(false);
  const may = useMay('merchandiser');
  const { kind, enabled, words, next, timeZone, title } = schedule;
  const start = (): Promise<boolean> =>
    act(async () => {
      await call('POST', `/catalogs/${catalogId}/schedules/${kind}/starts`);
      await refresh(`/catalogs/${catalogId}`);
    }, t('runs.schedule-started'));
  return (
    <Flex direction={{ base: 'column', sm: 'row' }} justify="space-between" align="flex-start" gap="xs">
      <Group gap="sm" wrap="nowrap" align="flex-start">
        <IconCalendarTime size={20} aria-hidden style={{ flexShrink: 0 }} />
        <div>
          <Text size="sm" fw={600}>
            {nameKind(kind, title)}
          </Text>
          <Text size="sm">{enabled ? `${words} · ${timeZone}` : t('runs.schedule-off')}</Text>
          {next.length > 0 && (
            <Text size="xs" c="dimmed">
              {t('runs.schedule-next', {
                times: next
                  .slice(0, 3)
                  .map((time) => showTime(time, timeZone))
                  .join(' · '),
              })}
            </Text>
          )}
        </div>
      </Group>
      {may && (
        <Group gap="xs" style={{ flexShrink: 0 }} pl={{ base: 32, sm: 0 }}>
          <Button
            size="xs"
            variant="default"
            onClick={() => void start()}
            aria-label={t('runs.schedule-start-what', { what: nameKind(kind, title) })}
          >
            {t('runs.schedule-start')}
          </Button>
          <Button
            size="xs"
            variant="default"
            onClick={open}
            aria-label={t('runs.schedule-change-what', { what: nameKind(kind, title) })}
          >
            {t('runs.schedule-change')}
          </Button>
        </Group>
      )}
      {opened && <ScheduleForm catalogId={catalogId} schedule={schedule} onClose={close} />}
    </Flex>
  );
}

const zones = Intl.supportedValuesOf('timeZone');

function ScheduleForm({
  catalogId,
  schedule,
  onClose,
}: {
  catalogId: string;
  schedule: ScheduleView;
  onClose: () => void;
}): ReactNode {
  const [cron, setCron] = useState(schedule.cron);
  const [timeZone, setTimeZone] = useState(schedule.timeZone);
  const [enabled, setEnabled] = useState(schedule.enabled);
  const [asked] = useDebouncedValue(cron, 250);
  const query = new URLSearchParams({ cron: asked, timeZone, language });
  const preview = useQuery({
    ...look<{ cron: string; words: string; next: string[] }>(`/schedule-preview?${query}`),
    enabled: asked.trim() !== '',
    retry: false,
  });
  const save = async (): Promise<void> => {
    const path = `/catalogs/${catalogId}/schedules`;
    const saved = await act(async () => {
      await call('PUT', `${path}/${schedule.kind}?language=${language}`, { cron, timeZone, enabled });
      await refresh(path);
    }, t('runs.schedule-saved'));
    if (saved) onClose();
  };
  return (
    <Modal
      opened
      onClose={onClose}
      title={nameKind(schedule.kind, schedule.title)}
      closeButtonProps={{ 'aria-label': t('frame.close') }}
    >
      <Stack>
        <Switch
          label={t('runs.schedule-on')}
          checked={enabled}
          onChange={(event) => setEnabled(event.currentTarget.checked)}
        />
        <TextInput
          label={t('runs.schedule-when')}
          description={t('runs.schedule-when-hint')}
          value={cron}
          onChange={(event) => setCron(event.currentTarget.value)}
          error={preview.error?.message}
        />
        <Select
          label={t('runs.schedule-zone')}
          data={zones.includes('UTC') ? zones : ['UTC', ...zones]}
          value={timeZone}
          onChange={(zone) => zone && setTimeZone(zone)}
          searchable
          limit={50}
        />
        {preview.data && (
          <div aria-live="polite">
            <Text size="sm" fw={600}>
              {preview.data.words}
            </Text>
            <Text size="xs" c="dimmed">
              {t('runs.schedule-next', {
                times: preview.data.next
                  .slice(0, 3)
                  .map((time) => showTime(time, timeZone))
                  .join(' · '),
              })}
            </Text>
          </div>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t('frame.cancel')}
          </Button>
          <Button onClick={() => void save()} disabled={preview.isError}>
            {t('frame.save')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
