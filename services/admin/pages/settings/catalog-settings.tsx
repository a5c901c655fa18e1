import { Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { call, refresh } from '../../api/client.ts';
import { useMay } from '../../frame/session.ts';
import { useCatalog } from '../../frame/shell.tsx';
import { t } from '../../messages/text.ts';
import { tell } from '../../parts/tell.ts';
import { CatalogForm } from './catalog-form.tsx';

export function CatalogSettings(): ReactNode {
  const catalog = useCatalog();
  const isOwner = useMay('owner');
  if (!catalog) return null;
  const { id, channels: _, mapping: __, policies: ___, ...fields } = catalog;
  return (
    <Stack className="card" p="md">
      <Text size="sm" c="dimmed">
        {t('settings.id', { id })}
      </Text>
      <CatalogForm
        key={id}
        start={fields}
        action={t('frame.save')}
        readOnly={!isOwner}
        onSave={async (changed) => {
          await call('PUT', `/catalogs/${id}`, { ...fields, ...changed });
          await refresh('/catalogs');
          tell(t('settings.saved'));
        }}
      />
    </Stack>
  );
}
