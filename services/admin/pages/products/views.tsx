/** Saved views: a name for what the list is filtered by, for everybody. */
import { ActionIcon, Button, Group, Popover, Stack, Text, TextInput, UnstyledButton } from '@mantine/core';
import { IconBookmark, IconTrash } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import type { View } from '../../../../catalog/store/views.ts';
import { call, look, refresh } from '../../api/client.ts';
import type { Wire } from '../../api/wire.ts';
import { useMay } from '../../frame/session.ts';
import { useCatalogId } from '../../frame/shell.tsx';
import { t } from '../../messages/text.ts';
import { tellFailed } from '../issues/fixing.tsx';
import { readProductsSearch, type ProductsSearch } from './search.ts';

export function Views(props: {
  search: ProductsSearch;
  onChoose: (search: ProductsSearch) => void;
}): ReactNode {
  const { search, onChoose } = props;
  const catalogId = useCatalogId();
  const mayEdit = useMay('merchandiser');
  const path = `/catalogs/${catalogId}/views`;
  const found = useQuery(look<{ items: Wire<View>[] }>(path));
  const [opened, setOpened] = useState(false);
  const [name, setName] = useState('');
  const views = (found.data?.items ?? []).filter(({ list }) => list === 'items');
  const work = async (change: () => Promise<unknown>): Promise<void> => {
    try {
      await change();
      await refresh(path);
    } catch (error) {
      tellFailed(error);
    }
  };
  const save = async (): Promise<void> => {
    await work(() =>
      call('POST', path, { name, list: 'items', search: JSON.parse(JSON.stringify(search)) as object }),
    );
    setName('');
  };
  return (
    <Popover position="bottom-end" trapFocus opened={opened} onChange={setOpened}>
      <Popover.Target>
        <Button variant="default" leftSection={<IconBookmark size={16} />} onClick={() => setOpened(!opened)}>
          {t('products.views')}
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label={t('products.views')} miw={260}>
        <Stack gap="xs">
          {views.length === 0 && (
            <Text size="sm" c="dimmed">
              {t('products.no-views')}
            </Text>
          )}
          {views.map((view) => (
            <Group key={view.id} justify="space-between" wrap="nowrap">
              <UnstyledButton
                flex={1}
                py={4}
                onClick={() => {
                  setOpened(false);
                  onChoose(readProductsSearch(view.search));
                }}
              >
                <Text size="sm" fw={500}>
                  {view.name}
                </Text>
              </UnstyledButton>
              {mayEdit && (
                <ActionIcon
                  variant="subtle"
                  color="gray"
                  aria-label={t('products.forget', { name: view.name })}
                  onClick={() => void work(() => call('DELETE', `${path}/${encodeURIComponent(view.id)}`))}
                >
                  <IconTrash size={16} />
                </ActionIcon>
              )}
            </Group>
          ))}
          {mayEdit && (
            <form
              onSubmit={(event) => {
                event.preventDefault();
                void save();
              }}
            >
              <Stack gap="xs">
                <TextInput
                  label={t('products.view-name')}
                  value={name}
                  maxLength={80}
                  onChange={({ currentTarget }) => setName(currentTarget.value)}
                />
                <Button type="submit" variant="default" disabled={name.trim() === ''}>
                  {t('products.save-view')}
                </Button>
              </Stack>
            </form>
          )}
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
