/** The very first page: a catalog, from which everything follows. */
import { Button, Container, Group, Stack, Text, Title } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { call, queryClient } from '../../api/client.ts';
import { useMay } from '../../frame/session.ts';
import { catalogsQuery } from '../../frame/shell.tsx';
import { UserMenu } from '../../frame/user-menu.tsx';
import { language, t } from '../../messages/text.ts';
import { CatalogForm, type CatalogFields } from '../settings/catalog-form.tsx';

const toId = (name: string): string =>
  name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40) || 'shop';

const start: CatalogFields = {
  name: '',
  shopUrl: '',
  currency: 'EUR',
  country: 'DE',
  language,
  timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  defaultBrand: '',
  removalGuard: 0.2,
};

export function Welcome(): ReactNode {
  const navigate = useNavigate();
  const isOwner = useMay('owner');
  const save = async (fields: CatalogFields): Promise<void> => {
    const catalogId = toId(fields.name);
    await call('PUT', `/catalogs/${catalogId}`, fields);
    // asked again at once: nothing on this page watches the list, but the next address looks into it
    await queryClient.fetchQuery({ ...catalogsQuery, staleTime: 0 });
    await navigate({ to: '/c/$catalogId/home', params: { catalogId } });
  };
  return (
    <Container size="md" component="main" py="xl">
      <Stack gap="lg">
        <Group justify="space-between">
          <Group gap="sm">
            <img src="/icon.svg" width="32" height="32" alt="" />
            <Title order={1}>{t('welcome.title')}</Title>
          </Group>
          <UserMenu />
        </Group>
        <Text>{t(isOwner ? 'welcome.text' : 'welcome.wait')}</Text>
        {isOwner && (
          <Stack className="card" p="md">
            <CatalogForm start={start} action={t('welcome.action')} onSave={save} />
          </Stack>
        )}
        {!isOwner && (
          <Button variant="default" onClick={() => location.reload()}>
            {t('frame.retry')}
          </Button>
        )}
      </Stack>
    </Container>
  );
}
