/** Each picture at its source and as it is sent: sizes side by side. */
import { Code, Group, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { showBytes, t } from '../../messages/text.ts';
import { Picture } from '../../parts/picture.tsx';
import type { ItemPage } from './item-query.ts';

export function Pictures({ images }: { images: ItemPage['images'] }): ReactNode {
  if (images.length === 0) return <Text c="dimmed">{t('item.no-pictures')}</Text>;
  return (
    <Stack gap="sm">
      {images.map(({ sourceUrl, original, prepared, problem }, at) => (
        <Group key={sourceUrl} wrap="nowrap" align="flex-start" gap="md">
          <Picture src={prepared?.url} size={at === 0 ? 168 : 84} alt={t('item.prepared')} />
          <Stack gap={4} style={{ minWidth: 0 }}>
            <Size name={t('item.original')} of={original} />
            {prepared ? (
              <Size name={t('item.prepared')} of={prepared} />
            ) : (
              <Text size="sm" c="var(--blocked)">
                {problem ?? t('item.not-prepared')}
              </Text>
            )}
            <Code style={{ overflowWrap: 'anywhere' }}>{sourceUrl}</Code>
          </Stack>
        </Group>
      ))}
    </Stack>
  );
}

function Size(props: {
  name: string;
  of: { width: number; height: number; bytes: number; format: string } | undefined;
}): ReactNode {
  const { name, of } = props;
  return (
    of && (
      <Text size="sm">
        <Text span size="sm" fw={600}>
          {name}
        </Text>{' '}
        {of.width} × {of.height} · {of.format.toUpperCase()} · {showBytes(of.bytes)}
      </Text>
    )
  );
}
