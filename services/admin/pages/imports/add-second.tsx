/** Adds a second source: a file sent by hand, or an address that is read again and again. */
import { Alert, Button, FileButton, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { call, refresh, upload } from '../../api/client.ts';
import { t } from '../../messages/text.ts';
import { OptionsForm } from '../../parts/options-form.tsx';
import { Failure } from '../../parts/states.tsx';
import { sourceKindsQuery } from './source.tsx';

/** What a table of a second source may be. */
export const tables = '.csv,.tsv,.txt,.json,.jsonl,.xml,text/csv';

/** What it is called, here and in the order of sources: small letters, digits and hyphens. */
function NameOfSecond(props: { value: string; onChange: (value: string) => void }): ReactNode {
  return (
    <TextInput
      label={t('imports.second-name')}
      description={t('imports.second-name-help')}
      required
      maxLength={40}
      value={props.value}
      onChange={({ currentTarget }) =>
        props.onChange(
          currentTarget.value
            .toLowerCase()
            .replaceAll(/[^a-z0-9-]+/g, '-')
            .replace(/^-/, ''),
        )
      }
    />
  );
}

export function AddFile({ path, onClose }: { path: string; onClose: () => void }): ReactNode {
  const [name, setName] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const send = async (file: File | null): Promise<void> => {
    if (!file) return;
    setBusy(true);
    setError(undefined);
    try {
      await upload(`${path}/${name}/file`, file, () => undefined);
      onClose();
    } catch (failure) {
      setError(failure);
    }
    setBusy(false);
    await refresh(path.replace(/\/supplements$/, ''));
  };
  return (
    <Modal
      opened
      onClose={onClose}
      title={t('imports.second-file')}
      closeButtonProps={{ 'aria-label': t('frame.close') }}
    >
      <Stack>
        <NameOfSecond value={name} onChange={setName} />
        <Alert variant="light" color="gray">
          {t('imports.second-table')}
        </Alert>
        {error !== undefined && <Failure error={error} />}
        <Group justify="flex-end">
          <FileButton accept={tables} onChange={(file) => void send(file)} disabled={name === ''}>
            {(props) => (
              <Button {...props} loading={busy} disabled={name === ''}>
                {t('imports.choose')}
              </Button>
            )}
          </FileButton>
        </Group>
      </Stack>
    </Modal>
  );
}

export function AddAddress({ path, onClose }: { path: string; onClose: () => void }): ReactNode {
  const kinds = useQuery(sourceKindsQuery);
  const [name, setName] = useState('');
  const fields = kinds.data?.items.find(({ id }) => id === 'address')?.fields;
  if (!fields) return null;
  return (
    <OptionsForm
      of="address"
      title={t('imports.second-address')}
      fields={fields}
      first={
        <>
          <NameOfSecond value={name} onChange={setName} />
          <Text size="sm" c="dimmed">
            {t('imports.second-table')}
          </Text>
        </>
      }
      action={t('imports.second-connect')}
      onClose={onClose}
      onKeep={async (options) => {
        try {
          await call('PUT', `${path}/${name}`, options);
        } finally {
          // one whose first load failed is there all the same, with its reason
          await refresh(path.replace(/\/supplements$/, ''));
        }
        onClose();
      }}
    />
  );
}
