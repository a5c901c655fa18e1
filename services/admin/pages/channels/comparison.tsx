/** What a channel holds beside what it should hold; what differs is repaired only when a person says so. */
import { Alert, Anchor, Button, Group, Loader, Stack, Table, Text, Title } from '@mantine/core';
import { IconAlertTriangle, IconCircleCheck } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import type { FindingKind, Report } from '../../../../feeds/store/reports.ts';
import { call, look, Problem, refresh } from '../../api/client.ts';
import type { Wire } from '../../api/wire.ts';
import { useMay } from '../../frame/session.ts';
import { useCatalogId } from '../../frame/shell.tsx';
import { showAmount, t } from '../../messages/text.ts';
import { Ago } from '../../parts/ago.tsx';
import { Ask } from '../../parts/ask.tsx';
import { channelName } from '../../parts/fields.ts';
import { Page } from '../../parts/page.tsx';
import { Failure, Loading, Nothing } from '../../parts/states.tsx';
import { act } from '../../parts/tell.ts';

type ReportView = Wire<Report>;
/** As a person would look: what buyers do not find, what they find wrong, what should not be there. */
const kinds: readonly FindingKind[] = ['missing', 'price', 'left', 'foreign', 'twins'];
/** What others put there, and what is there twice, is not ours to change. */
const repairable: readonly FindingKind[] = ['missing', 'price', 'left'];
const shownFirst = 50;

export function Comparison(): ReactNode {
  const catalogId = useCatalogId();
  const { channel = '' } = useParams({ strict: false });
  const may = useMay('merchandiser');
  const path = `/catalogs/${catalogId}/channels/${channel}/reconciliations`;
  const [asked, setAsked] = useState<string>();
  const found = useQuery({
    ...look<ReportView>(path),
    retry: false,
    refetchInterval: ({ state }) =>
      asked !== undefined || state.data?.status === 'running' ? 1_000 : 30_000,
  });
  const report = found.data;
  // asked for, and the report is still the one before
  if (asked !== undefined && report && report.startedAt !== asked && report.status !== 'running')
    setAsked(undefined);
  const isNone = found.error instanceof Problem && found.error.status === 404;
  const isBusy = asked !== undefined || report?.status === 'running';
  const compare = (): Promise<boolean> =>
    act(async () => {
      await call('POST', path);
      setAsked(report?.startedAt ?? '');
      await refresh(path);
    });
  const button = may && (
    <Button loading={isBusy} onClick={() => void compare()}>
      {t('channels.compare-now')}
    </Button>
  );
  return (
    <Page
      title={t('channels.comparison-title', { channel: channelName(channel) })}
      note={
        <>
          {report?.endedAt && (
            <>
              {t('channels.compared')} <Ago time={report.endedAt} />
              {' · '}
            </>
          )}
          <Anchor component={Link} to={`/c/${catalogId}/channels`} size="sm" underline="always">
            {t('channels.all')}
          </Anchor>
        </>
      }
      action={!isNone && button}
    >
      {found.isPending && <Loading lines={4} />}
      {found.error && !isNone && <Failure error={found.error} retry={() => void found.refetch()} />}
      {isNone && (
        <Nothing
          title={t('channels.not-compared')}
          text={t('channels.not-compared-text', { channel: channelName(channel) })}
          action={button}
        />
      )}
      <div aria-live="polite">
        {isBusy && (
          <Group gap="xs">
            <Loader size="xs" aria-hidden />
            <Text size="sm">{t('channels.comparing', { channel: channelName(channel) })}</Text>
          </Group>
        )}
      </div>
      {report?.status === 'failed' && (
        <Alert color="red" variant="light" icon={<IconAlertTriangle />} title={t('channels.compare-failed')}>
          {report.problem}
        </Alert>
      )}
      {report?.status === 'done' && <Found report={report} catalogId={catalogId} />}
    </Page>
  );
}

function Found({ report, catalogId }: { report: ReportView; catalogId: string }): ReactNode {
  const may = useMay('merchandiser');
  const { channel, held, expected, findings, repaired } = report;
  const at = `/catalogs/${catalogId}/channels/${channel}`;
  const amiss = kinds.filter((kind) => findings[kind].count > 0);
  const sum = repairable.reduce((total, kind) => total + findings[kind].offers.length, 0);
  const repair = (): Promise<boolean> =>
    act(async () => {
      await call('POST', `${at}/repairs`);
      await refresh(`/catalogs/${catalogId}`);
    }, t('channels.repaired-done'));
  return (
    <>
      <Stack className="card" p="md" gap="sm">
        <Text size="sm">{t('channels.held', { channel: channelName(channel), held, expected })}</Text>
        {amiss.length === 0 && (
          <Group gap="xs" c="var(--accepted)" wrap="nowrap">
            <IconCircleCheck size={20} aria-hidden />
            <Text size="sm">{t('channels.all-there')}</Text>
          </Group>
        )}
        {amiss.map((kind) => (
          <Text size="sm" key={kind}>
            <Text span fw={600} size="sm">
              {t(`channels.found-${kind}`, { count: findings[kind].count })}
            </Text>{' '}
            <Text span size="sm" c="dimmed">
              {t(`channels.found-${kind}-text`)}
            </Text>
          </Text>
        ))}
        {repaired && (
          <Text size="sm">
            {repaired.by === 'setting'
              ? t('channels.repaired-setting', { count: repaired.count })
              : t('channels.repaired', { count: repaired.count, by: repaired.by })}{' '}
            <Ago time={repaired.at} />
          </Text>
        )}
        {may && sum > 0 && !repaired && (
          <Group>
            <Ask
              action={t('channels.repair', { count: sum })}
              title={t('channels.repair-title', { channel: channelName(channel) })}
              text={t('channels.repair-text', {
                again: findings.missing.offers.length + findings.price.offers.length,
                down: findings.left.offers.length,
              })}
              color="teal"
              button={{ size: 'sm', variant: 'filled' }}
              onYes={repair}
            />
          </Group>
        )}
      </Stack>
      {amiss.map((kind) => (
        <Offers key={kind} kind={kind} report={report} catalogId={catalogId} />
      ))}
    </>
  );
}

function Offers(props: { kind: FindingKind; report: ReportView; catalogId: string }): ReactNode {
  const { kind, report, catalogId } = props;
  const { count, offers } = report.findings[kind];
  const [shown, setShown] = useState(shownFirst);
  const isOurs = kind !== 'foreign' && kind !== 'twins';
  return (
    <Stack gap="xs" component="section" aria-label={t(`channels.found-${kind}`, { count })}>
      <Title order={2}>{t(`channels.found-${kind}`, { count })}</Title>
      <Table.ScrollContainer minWidth={480} className="card">
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('feeds.item')}</Table.Th>
              {kind === 'price' && <Table.Th ta="right">{t('channels.price-here')}</Table.Th>}
              {kind !== 'missing' && <Table.Th ta="right">{t('channels.price-there')}</Table.Th>}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {offers.slice(0, shown).map(({ offerId, title, here, there }, place) => (
              <Table.Tr key={`${offerId} ${place}`}>
                <Table.Td>
                  {isOurs ? (
                    <Anchor
                      component={Link}
                      to={`/c/${catalogId}/products/${encodeURIComponent(offerId)}`}
                      size="sm"
                      fw={600}
                    >
                      {title ?? offerId}
                    </Anchor>
                  ) : (
                    <Text size="sm" fw={600}>
                      {title ?? offerId}
                    </Text>
                  )}
                  <Text size="xs" c="dimmed">
                    {offerId}
                  </Text>
                </Table.Td>
                {kind === 'price' && <Table.Td ta="right">{toPrice(here)}</Table.Td>}
                {kind !== 'missing' && <Table.Td ta="right">{toPrice(there)}</Table.Td>}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {shown < offers.length && (
        <Group justify="center">
          <Button variant="default" size="xs" onClick={() => setShown(shown + shownFirst * 4)}>
            {t('frame.more')}
          </Button>
        </Group>
      )}
      {shown >= offers.length && offers.length < count && (
        <Text size="sm" c="dimmed">
          {t('channels.named', { count: offers.length })}
        </Text>
      )}
    </Stack>
  );
}

/** A price as the service and most channels write it, `19.00 EUR`, in the person's way; any other text as it is. */
function toPrice(text = '–'): string {
  const [, amount, currency] = /^(\d+(?:\.\d+)?) ([A-Z]{3})$/.exec(text) ?? [];
  return amount && currency ? showAmount(Number(amount), currency) : text;
}
