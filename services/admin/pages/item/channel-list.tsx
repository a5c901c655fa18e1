/** One row per channel: its status and since when, what is wrong there, and what is sent. */
import { Accordion, Group, Stack, Table, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { t } from '../../messages/text.ts';
import { Ago } from '../../parts/ago.tsx';
import { channelName, problemHint, problemTitle } from '../../parts/fields.ts';
import { Status } from '../../parts/status.tsx';
import type { ItemPage } from './item-query.ts';

export function ChannelList({ page }: { page: ItemPage }): ReactNode {
  const mutes = page.problems.flatMap(({ code, field, muted }) => (muted ? [{ code, field, muted }] : []));
  return (
    <Accordion variant="separated" multiple order={3}>
      {page.channels.map(({ channel, title, listing, row = {} }) => (
        <Accordion.Item key={channel} value={channel}>
          <Accordion.Control>
            <Group gap="md" justify="space-between" pr="md">
              <Text fw={600} size="sm" title={title}>
                {channelName(channel)}
              </Text>
              {listing ? (
                <Group gap="sm">
                  <Status status={listing.status} />
                  {listing.stale && <Text size="sm">{t('products.stale')}</Text>}
                  <Text size="sm" c="dimmed">
                    {t('item.since')} <Ago key={listing.since} time={listing.since} />
                  </Text>
                </Group>
              ) : (
                <Text size="sm" c="dimmed">
                  {t('item.not-listed')}
                </Text>
              )}
            </Group>
          </Accordion.Control>
          <Accordion.Panel>
            <Stack gap="xs">
              {(listing?.issues ?? []).map((issue) => {
                const mute = mutes.find(
                  ({ code, field }) => code === issue.code && field === issue.field,
                )?.muted;
                return (
                  <Group
                    key={`${issue.code}/${issue.field ?? ''}/${issue.message}`}
                    gap={6}
                    wrap="nowrap"
                    align="flex-start"
                    c={issue.severity === 'error' ? 'var(--blocked)' : 'dimmed'}
                  >
                    <IconAlertTriangle
                      size={16}
                      aria-label={t(issue.severity === 'error' ? 'issues.error' : 'issues.warning')}
                      style={{ flex: 'none', marginTop: 2 }}
                    />
                    <Text size="sm" c="inherit">
                      {problemTitle(issue)} {problemHint(issue)}
                      {mute && ` (${t('item.aside', { by: mute.by, reason: mute.reason })})`}
                    </Text>
                  </Group>
                );
              })}
              <Text size="sm" fw={600}>
                {t('item.sent-fields')}
              </Text>
              <Table fz="xs" className="fields">
                <Table.Tbody>
                  {Object.entries(row).map(([name, value]) => (
                    <Table.Tr key={name}>
                      <Table.Th scope="row" w="30%" fw={500}>
                        {name}
                      </Table.Th>
                      <Table.Td>
                        <Text size="xs" lineClamp={3} className="field-value">
                          {value}
                        </Text>
                      </Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </Stack>
          </Accordion.Panel>
        </Accordion.Item>
      ))}
    </Accordion>
  );
}
