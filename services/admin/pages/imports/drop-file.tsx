/** The first step: a file dropped in, or chosen. */
import { Button, Center, FileButton, Progress, Stack, Text } from '@mantine/core';
import { IconFileUpload } from '@tabler/icons-react';
import { useState, type DragEvent, type ReactNode } from 'react';
import type { CsvInspection } from '../../../../catalog/tables/read-table.ts';
import { upload as send } from '../../api/client.ts';
import type { Wire } from '../../api/wire.ts';
import { t } from '../../messages/text.ts';
import { Failure } from '../../parts/states.tsx';

export type Upload = Wire<CsvInspection> & {
  id: string;
  /** The file's name. */
  name: string;
  /** What a column may be mapped to. */
  fields: string[];
};

export function DropFile({
  catalogId,
  onUploaded,
}: {
  catalogId: string;
  onUploaded: (upload: Upload) => void;
}): ReactNode {
  const [share, setShare] = useState<number>();
  const [error, setError] = useState<unknown>();
  const [over, setOver] = useState(false);
  const take = async (file: File | null | undefined): Promise<void> => {
    if (!file) return;
    setError(undefined);
    setShare(0);
    try {
      const found = await send<Omit<Upload, 'name'>>(`/catalogs/${catalogId}/uploads`, file, setShare);
      onUploaded({ ...found, name: file.name });
    } catch (failure) {
      setError(failure);
      setShare(undefined);
    }
  };
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    setOver(false);
    void take(event.dataTransfer.files[0]);
  };
  return (
    <Stack>
      <Center
        onDragOver={(event) => (event.preventDefault(), setOver(true))}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
        p="xl"
        style={{
          border: `2px dashed ${over ? 'var(--mantine-primary-color-filled)' : 'var(--line)'}`,
          borderRadius: 10,
          minHeight: 180,
        }}
      >
        <Stack align="center" gap="xs" ta="center">
          <IconFileUpload size={36} stroke={1.4} aria-hidden />
          <Text fw={600}>{t('imports.drop')}</Text>
          <Text size="sm" c="dimmed" maw={460}>
            {t('imports.drop-text')}
          </Text>
          {share === undefined ? (
            <FileButton accept=".csv,.tsv,.txt,text/csv" onChange={(file) => void take(file)}>
              {(props) => <Button {...props}>{t('imports.choose')}</Button>}
            </FileButton>
          ) : (
            <Progress value={share * 100} w={240} aria-label={t('imports.sending')} animated />
          )}
        </Stack>
      </Center>
      {error !== undefined && <Failure error={error} />}
    </Stack>
  );
}
