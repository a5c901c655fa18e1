/** One field of many items: a value for all of them, or their own values taken back. */
import { Button, Checkbox, Group, Modal, Select, Stack, Text, TextInput } from '@mantine/core';
import { useDebouncedValue, useDisclosure } from '@mantine/hooks';
import { IconPencil } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import type { Fix, FixPreview } from '../../../../jobs/fix-items.ts';
import { call } from '../../api/client.ts';
import type { Wire } from '../../api/wire.ts';
import { en } from '../../messages/en.ts';
import { t } from '../../messages/text.ts';
import { fieldName } from '../../parts/fields.ts';
import { Failure, Loading } from '../../parts/states.tsx';
import { applyFixes, tellFailed } from '../issues/fixing.tsx';
import { PreviewTable } from '../issues/preview-table.tsx';
import type { Card } from './cards-query.ts';

/** Named, but not set by hand. */
const notByHand = new Set(['images', 'sku', 'quantity']);
const fields = Object.keys(en)
  .filter((key) => key.startsWith('field.'))
  .map((key) => key.slice('field.'.length))
  .filter((field) => !notByHand.has(field));

type Preview = Wire<FixPreview>;
const triedAtOnce = 200;
const shownAtMost = 50;

/** What would become of each; nothing is written. */
async function tryAll(catalogId: string, fixes: readonly Fix[]): Promise<Preview[]> {
  const all: Preview[] = [];
  for (let at = 0; at < fixes.length; at += triedAtOnce) {
    const body = { fixes: fixes.slice(at, at + triedAtOnce) };
    const { items } = await call<{ items: Preview[] }>('POST', `/catalogs/${catalogId}/fixes/preview`, body);
    all.push(...items);
  }
  return all;
}

export function BulkEdit(props: { cards: Card[]; onDone: () => void }): ReactNode {
  const { cards, onDone } = props;
  const [opened, { open, close }] = useDisclosure(false);
  return (
    <>
      <Button leftSection={<IconPencil size={16} />} onClick={open}>
        {t('products.set-field')}
      </Button>
      <Modal
        opened={opened}
        onClose={close}
        title={t('products.set-field')}
        size="xl"
        closeButtonProps={{ 'aria-label': t('frame.close') }}
      >
        <BulkForm cards={cards} onClose={close} onDone={() => (close(), onDone())} />
      </Modal>
    </>
  );
}

function BulkForm(props: { cards: Card[]; onClose: () => void; onDone: () => void }): ReactNode {
  const { cards, onClose, onDone } = props;
  const [field, setField] = useState<string>('product_type');
  const [value, setValue] = useState('');
  const [settled] = useDebouncedValue(value.trim(), 250);
  const [takeBack, setTakeBack] = useState(false);
  const [busy, setBusy] = useState(false);
  const catalogId = cards[0]?.catalogId ?? '';
  const ids = cards.map(({ offerId }) => offerId);
  // what stood there when the field was chosen: an item that somebody changes from now on is told, not overwritten
  const seen = useQuery({
    queryKey: ['bulk-seen', catalogId, field, ids],
    queryFn: () => tryAll(catalogId, ids.map((offerId) => ({ offerId, field, value: null }))),
    staleTime: Infinity,
    gcTime: 0,
  }); // prettier-ignore
  const shown = useQuery({
    queryKey: ['bulk-preview', catalogId, field, ids, takeBack, settled],
    queryFn: () => tryAll(catalogId, ids.slice(0, shownAtMost).map((offerId) => ({ offerId, field, value: takeBack ? null : settled }))),
    enabled: takeBack || settled !== '',
    placeholderData: (before) => before,
  }); // prettier-ignore
  async function send(): Promise<void> {
    if (!seen.data) return;
    setBusy(true);
    try {
      const next = takeBack ? null : value.trim();
      await applyFixes(
        catalogId,
        seen.data.map(({ offerId, before }) => ({ offerId, field, value: next, seen: before })),
      );
      onDone();
    } catch (error) {
      tellFailed(error);
    }
    setBusy(false);
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <Stack>
        <Select
          label={t('products.field')}
          searchable
          allowDeselect={false}
          data={fields.map((one) => ({ value: one, label: fieldName(one) }))}
          value={field}
          onChange={(next) => next && setField(next)}
        />
        <TextInput
          label={t('products.value')}
          disabled={takeBack}
          value={value}
          onChange={({ currentTarget }) => setValue(currentTarget.value)}
        />
        <Checkbox
          label={t('products.take-back')}
          checked={takeBack}
          onChange={({ currentTarget }) => setTakeBack(currentTarget.checked)}
        />
        {seen.error && <Failure error={seen.error} retry={() => void seen.refetch()} />}
        {shown.isLoading && <Loading lines={2} />}
        {shown.data && (takeBack || settled !== '') && (
          <>
            <Text size="sm">
              {t('issues.preview-note', { count: cards.length, shown: shown.data.length })}
            </Text>
            <PreviewTable items={shown.data} />
          </>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t('frame.cancel')}
          </Button>
          <Button type="submit" loading={busy} disabled={!seen.data || (!takeBack && value.trim() === '')}>
            {t('products.set', { count: cards.length })}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
