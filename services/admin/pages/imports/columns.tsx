/** The second step, for a table whose header is not known: which column is which field. */
import { Button, Group, Select, Stack, Table, Text } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { t } from '../../messages/text.ts';
import type { Upload } from './drop-file.tsx';

export interface ColumnsProps {
  upload: Upload;
  onChosen: (mapping: Record<string, string>) => void;
  onBack: () => void;
}

export function Columns({ upload, onChosen, onBack }: ColumnsProps): ReactNode {
  const [mapping, setMapping] = useState<Record<string, string>>(upload.mapping ?? {});
  const set = (column: string, field: string | null): void => {
    const { [column]: _, ...rest } = mapping;
    setMapping(field ? { ...rest, [column]: field } : rest);
  };
  const chosen = Object.values(mapping);
  const fields = [...new Set([...upload.fields, ...Object.values(upload.mapping ?? {})])];
  // without these the service could not tell products apart
  const isEnough = chosen.includes('title') && (chosen.includes('id') || chosen.includes('sku'));
  return (
    <Stack>
      <Text size="sm">{t('imports.columns-text', { name: upload.name, count: upload.columns.length })}</Text>
      <Table.ScrollContainer minWidth={560}>
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('imports.column')}</Table.Th>
              <Table.Th>{t('imports.samples')}</Table.Th>
              <Table.Th w={220}>{t('imports.field')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {upload.columns.map((column, at) => (
              <Table.Tr key={column}>
                <Table.Td fw={600}>{column}</Table.Td>
                <Table.Td>
                  {upload.sampleRows.slice(0, 3).map((row, line) => (
                    <Text key={line} size="xs" c="dimmed" lineClamp={1} maw={360}>
                      {row[at]}
                    </Text>
                  ))}
                </Table.Td>
                <Table.Td>
                  <Select
                    aria-label={t('imports.field-of', { column })}
                    data={fields}
                    value={mapping[column] ?? null}
                    onChange={(field) => set(column, field)}
                    placeholder={t('imports.left-out')}
                    clearable
                    searchable
                  />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      <Group justify="flex-end">
        <Button variant="default" onClick={onBack}>
          {t('imports.other-file')}
        </Button>
        <Button onClick={() => onChosen(mapping)} disabled={!isEnough}>
          {t('imports.to-check')}
        </Button>
      </Group>
      {!isEnough && (
        <Text size="sm" c="var(--blocked)" ta="right">
          {t('imports.needs-title')}
        </Text>
      )}
    </Stack>
  );
}
