/** Alerts: what is wrong now and was lately, and where people are told of it. */
import {
  Badge,
  Button,
  Group,
  PasswordInput,
  Stack,
  Switch,
  Table,
  Text,
  TextInput,
  Title,
} from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactNode } from 'react';
import type { Alert } from '../../../../catalog/store/alerts.ts';
import { call, look, Problem, refresh } from '../../api/client.ts';
import type { Wire } from '../../api/wire.ts';
import { useCatalogId } from '../../frame/shell.tsx';
import { t } from '../../messages/text.ts';
import { Ago } from '../../parts/ago.tsx';
import { Failure, Loading } from '../../parts/states.tsx';
import { act, tellFailure } from '../../parts/tell.ts';

/** As the service tells them: without what is secret. */
interface AlertSettingsView {
  email?: { from: string; to: string[] };
  webhook?: { host: string; signed: boolean };
  slack?: { host: string };
}
interface Tested {
  target: string;
  ok: boolean;
  message?: string;
}

export function Alerts(): ReactNode {
  const settings = useQuery(look<AlertSettingsView>('/alert-settings'));
  return (
    <Stack>
      <Problems />
      {settings.isPending && <Loading />}
      {settings.error && <Failure error={settings.error} retry={() => void settings.refetch()} />}
      {settings.data && <Targets key={JSON.stringify(settings.data)} settings={settings.data} />}
    </Stack>
  );
}

function Problems(): ReactNode {
  const catalogId = useCatalogId();
  const alerts = useQuery(look<{ items: Wire<Alert>[] }>(`/catalogs/${catalogId}/alerts?limit=20`));
  if (alerts.isPending) return <Loading lines={2} />;
  if (alerts.error) return <Failure error={alerts.error} retry={() => void alerts.refetch()} />;
  if (alerts.data.items.length === 0)
    return (
      <Text size="sm" c="dimmed">
        {t('settings.alerts-none')}
      </Text>
    );
  return (
    <Table.ScrollContainer minWidth={520} className="card">
      <Table>
        <Table.Tbody>
          {alerts.data.items.map((alert) => (
            <Table.Tr key={`${alert.key} ${alert.since}`}>
              <Table.Td>
                <Text size="sm" fw={600}>
                  {alert.title}
                </Text>
                <Text size="xs" c="dimmed">
                  {alert.message}
                </Text>
              </Table.Td>
              <Table.Td>
                <Badge
                  variant="outline"
                  tt="none"
                  color={alert.endedAt ? 'var(--removed)' : 'var(--rejected)'}
                >
                  {t(alert.endedAt ? 'settings.alert-over' : 'settings.alert-on')}
                </Badge>
              </Table.Td>
              <Table.Td>
                <Ago time={alert.endedAt ?? alert.since} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

interface Draft {
  email: boolean;
  smtpUrl: string;
  from: string;
  to: string;
  webhook: boolean;
  webhookUrl: string;
  secret: string;
  slack: boolean;
  slackUrl: string;
}
const given = (name: string, value: string): Record<string, string> =>
  value.trim() === '' ? {} : { [name]: value.trim() };
const toBody = (draft: Draft): object => ({
  ...(draft.email
    ? {
        email: {
          from: draft.from.trim(),
          to: draft.to.split(/[\s,;]+/).filter(Boolean),
          ...given('smtpUrl', draft.smtpUrl),
        },
      }
    : {}),
  ...(draft.webhook
    ? { webhook: { ...given('url', draft.webhookUrl), ...given('secret', draft.secret) } }
    : {}),
  ...(draft.slack ? { slack: given('url', draft.slackUrl) } : {}),
});

function Targets({ settings }: { settings: AlertSettingsView }): ReactNode {
  const { email, webhook, slack } = settings;
  const [draft, setDraft] = useState<Draft>({
    email: email !== undefined, smtpUrl: '', from: email?.from ?? '', to: email?.to.join(', ') ?? '',
    webhook: webhook !== undefined, webhookUrl: '', secret: '', slack: slack !== undefined, slackUrl: '',
  }); // prettier-ignore
  const [wrong, setWrong] = useState<Record<string, string>>({});
  const [busy, setBusy] = useState(false);
  const [tested, setTested] = useState<Tested[]>();
  const set = (change: Partial<Draft>): void => setDraft({ ...draft, ...change });
  const save = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setWrong({});
    try {
      await call('PUT', '/alert-settings', toBody(draft));
      await refresh('/alert-settings');
    } catch (error) {
      if (error instanceof Problem && Object.keys(error.fields).length > 0) setWrong(error.fields);
      else tellFailure(error);
    }
    setBusy(false);
  };
  const test = (): Promise<boolean> =>
    act(async () => setTested((await call<{ items: Tested[] }>('POST', '/alert-settings/test')).items));
  const secret = (name: 'smtpUrl' | 'webhookUrl' | 'secret' | 'slackUrl', path: string, isSet: boolean) => ({
    label: t(`settings.alert-${name}`),
    value: draft[name],
    onChange: (event: { currentTarget: { value: string } }) => set({ [name]: event.currentTarget.value }),
    error: wrong[path],
    placeholder: isSet ? t('settings.alert-kept') : '',
    autoComplete: 'off',
  });
  const toggle = (name: 'email' | 'webhook' | 'slack'): ReactNode => (
    <Switch
      label={t(`settings.alert-${name}`)}
      checked={draft[name]}
      onChange={({ currentTarget }) => set({ [name]: currentTarget.checked })}
    />
  );
  return (
    <form onSubmit={(event) => void save(event)}>
      <Stack className="card" p="md">
        <Title order={2}>{t('settings.alert-targets')}</Title>
        {toggle('email')}
        {draft.email && (
          <Stack gap="xs" pl="xl">
            <PasswordInput {...secret('smtpUrl', 'email.smtpUrl', email !== undefined)} />
            <TextInput
              label={t('settings.alert-from')}
              value={draft.from}
              onChange={({ currentTarget }) => set({ from: currentTarget.value })}
              error={wrong['email.from']}
            />
            <TextInput
              label={t('settings.alert-to')}
              value={draft.to}
              onChange={({ currentTarget }) => set({ to: currentTarget.value })}
              error={Object.entries(wrong).find(([path]) => path.startsWith('email.to'))?.[1]}
            />
          </Stack>
        )}
        {toggle('webhook')}
        {draft.webhook && (
          <Stack gap="xs" pl="xl">
            <TextInput {...secret('webhookUrl', 'webhook.url', webhook !== undefined)} />
            <PasswordInput {...secret('secret', 'webhook.secret', webhook?.signed === true)} />
          </Stack>
        )}
        {toggle('slack')}
        {draft.slack && (
          <Stack gap="xs" pl="xl">
            <PasswordInput {...secret('slackUrl', 'slack.url', slack !== undefined)} />
          </Stack>
        )}
        <div aria-live="polite">
          {tested?.map(({ target, ok, message }) => (
            <Text key={target} size="sm" c={ok ? 'var(--accepted)' : 'var(--rejected)'}>
              {target}: {ok ? t('settings.alert-arrived') : message}
            </Text>
          ))}
        </div>
        <Group justify="flex-end">
          <Button variant="default" onClick={() => void test()}>
            {t('settings.alert-test')}
          </Button>
          <Button type="submit" loading={busy}>
            {t('frame.save')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
