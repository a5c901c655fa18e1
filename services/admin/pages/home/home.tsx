/** Home: is all well, and if not, what helps. */
import { Group, SimpleGrid, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { ListingStatus } from '../../../../feeds/listing.ts';
import { look } from '../../api/client.ts';
import { useCatalogId } from '../../frame/shell.tsx';
import { showNumber, t } from '../../messages/text.ts';
import { Page } from '../../parts/page.tsx';
import { Failure, Loading } from '../../parts/states.tsx';
import { Status, statuses } from '../../parts/status.tsx';

interface CatalogStatus {
  channels: Record<string, Record<ListingStatus, number>>;
  products: number;
}

export function Home(): ReactNode {
  const catalogId = useCatalogId();
  const status = useQuery({
    ...look<CatalogStatus>(`/catalogs/${catalogId}/status`),
    refetchInterval: 10_000,
  });
  return (
    <Page title={t('home.menu')} note={status.data && t('home.products', { count: status.data.products })}>
      {status.isPending && <Loading />}
      {status.error && <Failure error={status.error} retry={() => void status.refetch()} />}
      <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }}>
        {Object.entries(status.data?.channels ?? {}).map(([channel, counts]) => (
          <Stack key={channel} className="card" p="md" gap="xs">
            <Text fw={600}>{channel}</Text>
            {statuses.map((one) => (
              <Group key={one} justify="space-between">
                <Status status={one} />
                <Text size="sm">{showNumber(counts[one])}</Text>
              </Group>
            ))}
          </Stack>
        ))}
      </SimpleGrid>
    </Page>
  );
}
