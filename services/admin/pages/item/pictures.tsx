/** Each picture as it is at its source and as it is sent, side by side with their sizes. */
import { Code, Group, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { showBytes, t } from '../../messages/text.ts';
import { Picture } from '../../parts/picture.tsx';
import type { ItemPage } from './item-query.ts';

const [large, small] = [150, 96];

export function Pictures({ page }: { page: ItemPage }): ReactNode {
  const { images, item } = page;
  if (images.length === 0) return <Text c="dimmed">{t('item.no-pictures')}</Text>;
  const at = `/api/v1/catalogs/${item.catalogId}/items/${encodeURIComponent(item.offerId)}/originals`;
  return (
    <Stack gap="md">
      {images.map(({ sourceUrl, original, prepared, problem }, place) => (
        <Stack key={sourceUrl} gap={4}>
          <Group align="flex-start" gap="md" className="sides" wrap="nowrap">
            <Side
              name={t('item.original')}
              src={`${at}/${place}`}
              size={place === 0 ? large : small}
              of={original}
            />
            <Side
              name={t('item.prepared')}
              src={prepared?.url}
              size={place === 0 ? large : small}
              of={prepared}
              without={problem ?? t('item.not-prepared')}
            />
          </Group>
          <Code style={{ overflowWrap: 'anywhere', alignSelf: 'flex-start' }}>{sourceUrl}</Code>
        </Stack>
      ))}
    </Stack>
  );
}

interface SideProps {
  name: string;
  src: string | undefined;
  size: number;
  of: { width: number; height: number; bytes: number; format: string } | undefined;
  /** What is said where there is none. */
  without?: string;
}

function Side({ name, src, size, of, without }: SideProps): ReactNode {
  return (
    <Stack gap={4} maw={Math.max(size, 150)}>
      <Text size="sm" fw={600}>
        {name}
      </Text>
      <Picture {...(src === undefined ? {} : { src })} size={size} alt={name} />
      {of ? (
        <Text size="xs" c="dimmed">
          {of.width} × {of.height} · {of.format.toUpperCase()} · {showBytes(of.bytes)}
        </Text>
      ) : (
        without !== undefined && (
          <Text size="xs" c="var(--blocked)">
            {without}
          </Text>
        )
      )}
    </Stack>
  );
}
