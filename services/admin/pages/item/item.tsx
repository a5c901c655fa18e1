/** One item: pictures, fields with their origin, each channel's view of it, previews, and what happened. */
import { Button, CopyButton, Group, SimpleGrid, Text, Title, UnstyledButton } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconSend } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { useEffect, type ReactNode } from 'react';
import { call } from '../../api/client.ts';
import { isInDialog, isWriting } from '../../frame/keys.ts';
import { useMay } from '../../frame/session.ts';
import { useCatalogId } from '../../frame/shell.tsx';
import { t } from '../../messages/text.ts';
import { Ago } from '../../parts/ago.tsx';
import { Page } from '../../parts/page.tsx';
import { Failure, Loading } from '../../parts/states.tsx';
import { tellFailed, undoLast } from '../issues/fixing.tsx';
import { ChannelList } from './channel-list.tsx';
import { Fields } from './fields.tsx';
import { itemQuery, type ItemPage } from './item-query.ts';
import './item.css';
import { Pictures } from './pictures.tsx';
import { Previews } from './previews.tsx';
import { Timeline } from './timeline.tsx';

export function Item(): ReactNode {
  const catalogId = useCatalogId();
  const { offerId = '' } = useParams({ strict: false });
  const found = useQuery({ ...itemQuery(catalogId, offerId), refetchInterval: 5_000 });
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (
        event.key === 'u' &&
        !event.ctrlKey &&
        !event.metaKey &&
        !isWriting(event.target) &&
        !isInDialog(event.target)
      )
        undoLast(catalogId);
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [catalogId]);
  if (found.error) return <Failure error={found.error} retry={() => void found.refetch()} />;
  if (!found.data) return <Loading lines={6} />;
  return <Shown page={found.data} />;
}

function Shown({ page }: { page: ItemPage }): ReactNode {
  const { item, channels, siblings } = page;
  return (
    <Page
      title={item.title || item.offerId}
      note={
        <>
          <CopyId id={item.offerId} /> · {t('item.items', { count: siblings.length })} · {t('item.changed')}{' '}
          <Ago key={page.changedAt} time={page.changedAt} />
        </>
      }
      action={<PushNow />}
    >
      {siblings.length > 1 && <Siblings page={page} />}
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
        <Section title={t('item.pictures')}>
          <Pictures page={page} />
        </Section>
        <Section title={t('item.preview')}>
          <Previews item={item} channels={channels} />
        </Section>
      </SimpleGrid>
      <Section title={t('item.channels')}>
        <ChannelList page={page} />
      </Section>
      <Section title={t('item.fields')}>
        <Fields page={page} />
      </Section>
      <Section title={t('item.history')}>
        <Timeline events={page.timeline} />
      </Section>
    </Page>
  );
}

export function Section({ title, children }: { title: string; children: ReactNode }): ReactNode {
  return (
    <section className="card section" aria-label={title}>
      <Title order={2} mb="sm">
        {title}
      </Title>
      {children}
    </section>
  );
}

function Siblings({ page }: { page: ItemPage }): ReactNode {
  const { item, siblings } = page;
  return (
    <Group gap={6} component="nav" aria-label={t('item.items', { count: siblings.length })}>
      {siblings.map(({ offerId, choice }) => (
        <Button
          key={offerId}
          size="compact-sm"
          component={Link}
          to={`/c/${item.catalogId}/products/${encodeURIComponent(offerId)}`}
          variant={offerId === item.offerId ? 'filled' : 'default'}
          aria-current={offerId === item.offerId ? 'page' : undefined}
        >
          {choice || offerId}
        </Button>
      ))}
    </Group>
  );
}

function CopyId({ id }: { id: string }): ReactNode {
  return (
    <CopyButton value={id}>
      {({ copied, copy }) => (
        <UnstyledButton
          onClick={copy}
          title={t('item.copy')}
          aria-label={`${t('item.copy')}: ${id}`}
          data-small
        >
          <Text span size="sm" ff="monospace">
            {copied ? t('item.copied') : id}
          </Text>
        </UnstyledButton>
      )}
    </CopyButton>
  );
}

function PushNow(): ReactNode {
  const catalogId = useCatalogId();
  const mayPush = useMay('merchandiser');
  if (!mayPush) return null;
  const push = (): void =>
    void call('POST', `/catalogs/${catalogId}/pushes`).then(
      () => notifications.show({ message: t('item.pushed'), color: 'teal' }),
      tellFailed,
    );
  return (
    <Button leftSection={<IconSend size={16} />} onClick={push}>
      {t('item.push')}
    </Button>
  );
}
