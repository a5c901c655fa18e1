/** Products: every item with what the channels say of it; search, filters, views, edit in place or many at once. */
import { Button, Group, Text } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { IconDownload } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo, useState, type ReactNode } from 'react';
import { useMay } from '../../frame/session.ts';
import { useCatalog, useCatalogId } from '../../frame/shell.tsx';
import { t } from '../../messages/text.ts';
import { Page } from '../../parts/page.tsx';
import { Failure, Loading, Nothing } from '../../parts/states.tsx';
import { BulkEdit } from './bulk-edit.tsx';
import { cardsQuery } from './cards-query.ts';
import { columnNames, toFileColumns, usualColumns, type ColumnName } from './columns.tsx';
import { ColumnChoice } from './column-choice.tsx';
import './products.css';
import { ProductFilters } from './filters.tsx';
import { countFilters, toQuery, type ProductsSearch } from './search.ts';
import { ItemTable } from './table.tsx';
import { Views } from './views.tsx';

export function Products(): ReactNode {
  const catalogId = useCatalogId();
  const catalog = useCatalog();
  const search: ProductsSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  const mayEdit = useMay('merchandiser');
  const isPhone = useMediaQuery('(max-width: 48em)', undefined, { getInitialValueInEffect: false }) ?? false;
  const [selection, setSelection] = useState<Record<string, true>>({});
  const found = useInfiniteQuery(cardsQuery(catalogId, search));
  // the same list as long as its pages are the same: the table makes its rows anew of another one
  const cards = useMemo(() => (found.data?.pages ?? []).flatMap((page) => page.cards), [found.data]);
  const total = found.data?.pages[0]?.total;
  const shown = search.columns === undefined ? usualColumns : columnNames.filter((name) => search.columns?.split(',').includes(name)); // prettier-ignore
  const to = (next: ProductsSearch, replace = false): void => {
    void navigate({ to: '/c/$catalogId/products', params: { catalogId }, search: next, replace });
  };
  const fileQuery = toQuery({ ...search, sort: undefined, order: undefined });
  fileQuery.set('columns', toFileColumns(shown, catalog?.channels ?? []));
  const chosen = cards.filter(({ offerId }) => selection[offerId]);
  const setColumns = (names: readonly ColumnName[]): void =>
    to({ ...search, columns: names.join(',') }, true);
  return (
    <Page
      title={t('products.menu')}
      wide
      note={
        total &&
        (total.atLeast
          ? t('products.at-least', { count: total.count })
          : t('products.total', { count: total.count }))
      }
      action={
        <Group gap="xs">
          <Views search={search} onChoose={to} />
          {!isPhone && <ColumnChoice shown={shown} onChange={setColumns} />}
          <Button
            variant="default"
            component="a"
            leftSection={<IconDownload size={16} />}
            href={`/api/v1/catalogs/${catalogId}/cards.csv?${fileQuery}`}
            download
          >
            {t('products.export')}
          </Button>
        </Group>
      }
    >
      <ProductFilters search={search} onChange={to} />
      {mayEdit && chosen.length > 0 && (
        <Group gap="sm" className="card selection" px="md" py="xs">
          <Text size="sm" fw={600}>
            {t('products.selected', { count: chosen.length })}
          </Text>
          <BulkEdit cards={chosen} onDone={() => setSelection({})} />
          <Button variant="subtle" onClick={() => setSelection({})}>
            {t('products.clear')}
          </Button>
        </Group>
      )}
      {found.isPending && <Loading lines={8} />}
      {found.error && <Failure error={found.error} retry={() => void found.refetch()} />}
      {found.data && cards.length === 0 && (
        <Nothing
          title={t(countFilters(search) > 0 ? 'products.none-match' : 'products.none')}
          {...(countFilters(search) > 0 ? {} : { text: t('products.none-text') })}
          action={
            countFilters(search) > 0 && (
              <Button variant="default" onClick={() => to({})}>
                {t('issues.clear')}
              </Button>
            )
          }
        />
      )}
      {cards.length > 0 && (
        <ItemTable
          cards={cards}
          shown={shown}
          isPhone={isPhone}
          mayEdit={mayEdit}
          selection={selection}
          onSelection={setSelection}
          onEnd={() => {
            if (found.hasNextPage && !found.isFetchingNextPage) void found.fetchNextPage();
          }}
        />
      )}
    </Page>
  );
}
