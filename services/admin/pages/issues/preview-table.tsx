/** Items with a value as it is and as it would be, and what is still wrong then. */
import { ScrollArea, Table, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import type { FixPreview } from '../../../../jobs/fix-items.ts';
import type { Wire } from '../../api/wire.ts';
import { t } from '../../messages/text.ts';
import { PreviewLine } from './group-row.tsx';

export function PreviewTable({ items }: { items: Wire<FixPreview>[] }): ReactNode {
  return (
    <ScrollArea.Autosize mah="50vh" viewportProps={{ tabIndex: 0 }}>
      <Table className="preview">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('issues.item')}</Table.Th>
            <Table.Th>{t('issues.before')}</Table.Th>
            <Table.Th>{t('issues.after')}</Table.Th>
            <Table.Th>{t('issues.result')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {items.map((item) => (
            <Table.Tr key={item.offerId}>
              <Table.Td>{item.offerId}</Table.Td>
              <Table.Td c="dimmed">
                <Text size="sm" lineClamp={3}>
                  {item.before || t('issues.empty')}
                </Text>
              </Table.Td>
              <Table.Td>
                <Text size="sm" lineClamp={3} fw={600}>
                  {item.after || t('issues.empty')}
                </Text>
              </Table.Td>
              <Table.Td>
                <PreviewLine preview={item} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </ScrollArea.Autosize>
  );
}
