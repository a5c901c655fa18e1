/** The columns of the list of items; which of them are shown is up to the person. */
import { Anchor, Badge, Group, Text, Tooltip } from '@mantine/core';
import {
  columnVisibilityFeature,
  createColumnHelper,
  rowSelectionFeature,
  tableFeatures,
} from '@tanstack/react-table';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { moneyDigits, showList, showMoney, t } from '../../messages/text.ts';
import { Ago } from '../../parts/ago.tsx';
import { channelName, problemTitle } from '../../parts/fields.ts';
import { Picture } from '../../parts/picture.tsx';
import { nameOf, StatusSign } from '../../parts/status.tsx';
import type { Card } from './cards-query.ts';
import { EditCell } from './edit-cell.tsx';

export const features = tableFeatures({ columnVisibilityFeature, rowSelectionFeature });
const column = createColumnHelper<typeof features, Card>();

export const columnNames = ['item', 'price', 'brand', 'category', 'availability', 'channels', 'problems', 'changed', 'gtin'] as const; // prettier-ignore
export type ColumnName = (typeof columnNames)[number];
export const usualColumns: readonly ColumnName[] = ['item', 'price', 'brand', 'category', 'channels', 'problems', 'changed']; // prettier-ignore

/** What the CSV file calls what a column shows; the statuses are one column for each channel. */
const inFile: Record<ColumnName, readonly string[]> = {
  item: ['offer_id', 'sku', 'title', 'choice'],
  price: ['price', 'sale_price'],
  brand: ['brand'],
  category: ['category'],
  availability: ['availability', 'quantity'],
  channels: [],
  problems: ['problems'],
  changed: ['changed'],
  gtin: ['gtin'],
};
export const toFileColumns = (shown: readonly ColumnName[], channels: readonly string[]): string =>
  [
    ...shown.flatMap((name) => inFile[name]),
    ...(shown.includes('channels') ? channels.map((channel) => `status_${channel}`) : []),
  ].join(',');

/** Pixels; the item's own column takes what is left. */
export const widths: Partial<Record<string, number>> = {
  price: 120, brand: 130, category: 190, availability: 130, channels: 210, problems: 120, changed: 110, gtin: 140,
}; // prettier-ignore
const head = (name: ColumnName) => () => t(`products.col-${name}`);

export const columns = column.columns([
  column.display({
    id: 'item',
    header: head('item'),
    cell: ({ row }) => <ItemCell card={row.original} />,
  }),
  column.accessor('price', {
    header: head('price'),
    cell: ({ row: { original: card } }) => (
      <EditCell card={card} field="price" value={toPriceText(card)}>
        <PriceText card={card} />
      </EditCell>
    ),
  }),
  column.accessor('brand', {
    header: head('brand'),
    cell: ({ row: { original: card } }) => <EditCell card={card} field="brand" value={card.brand} />,
  }),
  column.accessor('category', {
    header: head('category'),
    cell: ({ row: { original: card } }) => (
      <EditCell card={card} field="product_type" value={card.category} />
    ),
  }),
  column.accessor('availability', {
    header: head('availability'),
    cell: ({ row: { original: card } }) => (
      <Text size="sm">
        {t(`products.${card.availability}`)}
        {card.quantity !== undefined && ` (${card.quantity})`}
      </Text>
    ),
  }),
  column.display({
    id: 'channels',
    header: head('channels'),
    cell: ({ row }) => <ChannelsCell card={row.original} />,
  }),
  column.display({
    id: 'problems',
    header: head('problems'),
    cell: ({ row }) => <ProblemsCell card={row.original} />,
  }),
  column.accessor('changedAt', {
    id: 'changed',
    header: head('changed'),
    cell: ({ getValue }) => (
      <Text size="sm" c="dimmed">
        <Ago time={getValue()} />
      </Text>
    ),
  }),
  column.accessor('gtin', {
    header: head('gtin'),
    cell: ({ getValue }) => <Text size="sm">{getValue()}</Text>,
  }),
]);

export function ItemCell({ card }: { card: Card }): ReactNode {
  return (
    <Group gap={10} wrap="nowrap">
      <Picture src={card.image} size={40} />
      <div style={{ minWidth: 0 }}>
        <Anchor
          component={Link}
          to={`/c/${card.catalogId}/products/${encodeURIComponent(card.offerId)}`}
          size="sm"
          fw={600}
          lineClamp={1}
        >
          {card.title || card.offerId}
        </Anchor>
        <Text size="xs" c="dimmed" lineClamp={1}>
          {[card.offerId, card.choice].filter(Boolean).join(' · ')}
        </Text>
      </div>
      {card.withheld && (
        <Badge variant="default" radius="sm" tt="none">
          {t(`products.${card.withheld}`)}
        </Badge>
      )}
    </Group>
  );
}

export function PriceText({ card }: { card: Card }): ReactNode {
  if (card.price < 0) return null;
  if (card.salePrice === undefined) return <Text size="sm">{showMoney(card.price, card.currency)}</Text>;
  return (
    <Text size="sm">
      {showMoney(card.salePrice, card.currency)}{' '}
      <Text span size="xs" td="line-through" c="dimmed">
        {showMoney(card.price, card.currency)}
      </Text>
    </Text>
  );
}

/** As the service reads and writes prices: `19.99 EUR`. */
export function toPriceText({ price, currency }: Card): string | undefined {
  if (price < 0) return undefined;
  const digits = moneyDigits(currency);
  return `${(price / 10 ** digits).toFixed(digits)} ${currency}`;
}

export function ChannelsCell({ card }: { card: Card }): ReactNode {
  if (card.listings.length === 0)
    return (
      <Text size="sm" c="dimmed">
        {t('products.nowhere')}
      </Text>
    );
  const groups = Map.groupBy(card.listings, ({ status, stale }) => `${status} ${stale}`);
  return (
    <Group gap={4}>
      {[...groups.values()].flatMap((all) =>
        all.length < manyChannels
          ? all.map((one) => <Chip key={one.channel} listings={[one]} />)
          : [<Chip key={all[0]?.channel} listings={all} />],
      )}
    </Group>
  );
}

/** From so many on, channels that say the same are one chip. */
const manyChannels = 3;

function Chip({ listings }: { listings: Card['listings'] }): ReactNode {
  const [first] = listings;
  if (!first) return null;
  const { status, stale } = first;
  const names = showList(listings.map(({ channel }) => channelName(channel)));
  return (
    <Tooltip label={`${names}: ${nameOf(status)}${stale ? ` · ${t('products.stale')}` : ''}`}>
      <span className="chip" data-stale={stale || undefined} style={{ color: `var(--${status})` }}>
        <StatusSign status={status} size={14} />
        {listings.length === 1 ? names : t('products.channel-count', { count: listings.length })}
      </span>
    </Tooltip>
  );
}

export function ProblemsCell({ card }: { card: Card }): ReactNode {
  const open = card.problems.filter(({ muted }) => muted === undefined);
  if (open.length === 0) return null;
  const isError = open.some(({ severity }) => severity === 'error');
  return (
    <Tooltip multiline maw={420} label={open.map((problem) => problemTitle(problem)).join(' · ')}>
      <Text size="sm" c={isError ? 'var(--blocked)' : 'dimmed'} fw={isError ? 600 : 400}>
        {t('products.problems', { count: open.length })}
      </Text>
    </Tooltip>
  );
}
