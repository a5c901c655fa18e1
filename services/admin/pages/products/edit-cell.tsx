/** A cell that becomes an input: Enter saves, Escape leaves; a value that somebody else set meanwhile is not overwritten. */
import { ActionIcon, Group, Text, TextInput } from '@mantine/core';
import { IconPencil } from '@tabler/icons-react';
import { useState, type ReactNode } from 'react';
import { useMay } from '../../frame/session.ts';
import { t } from '../../messages/text.ts';
import { fieldName } from '../../parts/fields.ts';
import { applyFixes, tellFailed } from '../issues/fixing.tsx';
import type { Card } from './cards-query.ts';

export function EditCell(props: {
  card: Card;
  field: string;
  value: string | undefined;
  children?: ReactNode;
}): ReactNode {
  const { card, field, value, children } = props;
  const mayEdit = useMay('merchandiser');
  const [draft, setDraft] = useState<string>();
  const [seen, setSeen] = useState<string | null>(null);
  const [shown, setShown] = useState<string>();
  const name = t('products.edit', { field: fieldName(field), name: card.offerId });
  async function save(): Promise<void> {
    const next = draft?.trim() ?? '';
    setDraft(undefined);
    if (next === '' || next === seen) return;
    setShown(next);
    try {
      const { fixed } = await applyFixes(card.catalogId, [
        { offerId: card.offerId, field, value: next, seen },
      ]);
      if (fixed === 0) setShown(undefined);
    } catch (error) {
      setShown(undefined);
      tellFailed(error);
    }
  }
  if (draft !== undefined)
    return (
      <TextInput
        autoFocus
        size="xs"
        aria-label={name}
        value={draft}
        onChange={({ currentTarget }) => setDraft(currentTarget.value)}
        onBlur={() => void save()}
        onKeyDown={(event) => {
          if (event.key === 'Enter') void save();
          if (event.key === 'Escape') setDraft(undefined);
        }}
      />
    );
  return (
    <Group gap={2} wrap="nowrap" className="edit-cell">
      {shown !== undefined && shown !== value ? (
        <Text size="sm" lineClamp={2}>
          {shown}
        </Text>
      ) : (
        (children ?? (
          <Text size="sm" lineClamp={2}>
            {value}
          </Text>
        ))
      )}
      {mayEdit && (
        <ActionIcon
          variant="subtle"
          color="gray"
          size="sm"
          aria-label={name}
          data-small
          onClick={() => {
            setSeen(value ?? null);
            setDraft(value ?? '');
          }}
        >
          <IconPencil size={14} />
        </ActionIcon>
      )}
    </Group>
  );
}
