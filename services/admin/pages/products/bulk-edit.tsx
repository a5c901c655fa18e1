/** One field of many items: a value for all of them, or their own values taken back. */
import { Button, Checkbox, Group, Modal, Select, Stack, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPencil } from '@tabler/icons-react';
import { useState, type ReactNode } from 'react';
import { en } from '../../messages/en.ts';
import { t } from '../../messages/text.ts';
import { fieldName } from '../../parts/fields.ts';
import { applyFixes, tellFailed } from '../issues/fixing.tsx';
import type { Card } from './cards-query.ts';

/** `images` and `sku` are named, but not set by hand. */
const fields = Object.keys(en)
  .filter((key) => key.startsWith('field.'))
  .map((key) => key.slice('field.'.length))
  .filter((field) => field !== 'images' && field !== 'sku');

export function BulkEdit(props: { cards: Card[]; onDone: () => void }): ReactNode {
  const { cards, onDone } = props;
  const [opened, { open, close }] = useDisclosure(false);
  const [field, setField] = useState<string>('product_type');
  const [value, setValue] = useState('');
  const [takeBack, setTakeBack] = useState(false);
  const [busy, setBusy] = useState(false);
  async function send(): Promise<void> {
    const [first] = cards;
    if (!first) return;
    setBusy(true);
    try {
      await applyFixes(
        first.catalogId,
        cards.map(({ offerId }) => ({ offerId, field, value: takeBack ? null : value })),
      );
      close();
      onDone();
    } catch (error) {
      tellFailed(error);
    }
    setBusy(false);
  }
  return (
    <>
      <Button leftSection={<IconPencil size={16} />} onClick={open}>
        {t('products.set-field')}
      </Button>
      <Modal
        opened={opened}
        onClose={close}
        title={t('products.set-field')}
        closeButtonProps={{ 'aria-label': t('frame.close') }}
      >
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
            <Group justify="flex-end">
              <Button variant="default" onClick={close}>
                {t('frame.cancel')}
              </Button>
              <Button type="submit" loading={busy} disabled={!takeBack && value.trim() === ''}>
                {t('products.set', { count: cards.length })}
              </Button>
            </Group>
          </Stack>
        </form>
      </Modal>
    </>
  );
}
