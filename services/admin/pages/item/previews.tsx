/** How the item looks where people meet it: drawn from exactly what is sent to each channel. */
import { Tabs, Text } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { t } from '../../messages/text.ts';
import { Picture } from '../../parts/picture.tsx';
import type { ItemPage } from './item-query.ts';

const looks = ['meta', 'google', 'pinterest', 'tiktok', 'snapchat'] as const;
type Look = (typeof looks)[number];
/** Videos and stories, with a button over them. */
const tall: readonly Look[] = ['tiktok', 'snapchat'];

interface Seen {
  title: string;
  price: string;
  oldPrice: string | undefined;
  brand: string;
  host: string;
  description: string;
  image: string | undefined;
}

export function Previews(props: { item: ItemPage['item']; channels: ItemPage['channels'] }): ReactNode {
  const { item, channels } = props;
  const [look, setLook] = useState<string | null>('meta');
  return (
    <Tabs value={look} onChange={setLook} keepMounted={false}>
      <Tabs.List mb="sm">
        {looks.map((one) => (
          <Tabs.Tab key={one} value={one}>
            {t(`item.${one}`)}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {looks.map((one) => (
        <Tabs.Panel key={one} value={one}>
          <Tile look={one} seen={toSeen(item, channels.find(({ channel }) => channel === one)?.row)} />
        </Tabs.Panel>
      ))}
    </Tabs>
  );
}

/** The channel's own row where it is connected, else the item as it is. */
function toSeen(item: ItemPage['item'], row: Record<string, string> | undefined): Seen {
  const price = row?.['price'] ?? toText(item.price);
  const sale = row?.['sale_price'] ?? toText(item.salePrice);
  return {
    title: row?.['title'] ?? item.title,
    description: row?.['description'] ?? item.description,
    brand: row?.['brand'] ?? item.brand ?? '',
    price: sale ?? price ?? '',
    oldPrice: sale === undefined ? undefined : price,
    host: item.link === undefined ? '' : new URL(item.link).host,
    image: item.images[0]?.url,
  };
}

function toText(money: { minor: number; currency: string } | undefined): string | undefined {
  if (!money) return undefined;
  const digits =
    new Intl.NumberFormat('en', { style: 'currency', currency: money.currency }).resolvedOptions()
      .maximumFractionDigits ?? 2;
  return `${(money.minor / 10 ** digits).toFixed(digits)} ${money.currency}`;
}

function Price({ price, oldPrice }: Seen): ReactNode {
  return (
    <span className="tile-price">
      {price} {oldPrice && <s>{oldPrice}</s>}
    </span>
  );
}

function Tile({ look, seen }: { look: Look; seen: Seen }): ReactNode {
  return (
    <figure className={`tile tile-${look}`} aria-label={t(`item.${look}`)}>
      <Picture src={seen.image} size={look === 'google' ? 132 : 220} />
      <figcaption>
        {look === 'pinterest' && <Price {...seen} />}
        <Text fw={look === 'google' ? 400 : 600} size="sm" lineClamp={2}>
          {seen.title}
        </Text>
        {look !== 'pinterest' && <Price {...seen} />}
        <Text size="xs" c="dimmed" lineClamp={1}>
          {look === 'google' ? seen.host : seen.brand || seen.host}
        </Text>
        {look === 'pinterest' && (
          <Text size="xs" c="dimmed" lineClamp={2}>
            {seen.description}
          </Text>
        )}
        {tall.includes(look) && <span className="tile-button">{t('item.shop-now')}</span>}
      </figcaption>
    </figure>
  );
}
