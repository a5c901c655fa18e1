/** Fields with their origin; a person's value can be set, changed and taken back here. */
import { ActionIcon, Button, Checkbox, Group, Modal, Stack, Table, Text, Textarea } from '@mantine/core';
import { IconArrowBackUp, IconPencil } from '@tabler/icons-react';
import { useState, type ReactNode } from 'react';
import { useMay } from '../../frame/session.ts';
import { showAgo, t } from '../../messages/text.ts';
import { fieldName, problemTitle } from '../../parts/fields.ts';
import { applyFixes, tellFailed, type Conflict } from '../issues/fixing.tsx';
import type { ItemPage } from './item-query.ts';

type Field = ItemPage['fields'][number];

const sayProblem = (problem: ItemPage['problems'][number] | undefined): string | undefined =>
  problem && problemTitle(problem);

export function Fields({ page }: { page: ItemPage }): ReactNode {
  const { item } = page;
  const mayEdit = useMay('merchandiser');
  const [isAll, setAll] = useState(false);
  const [clash, setClash] = useState<{ conflict: Conflict; mine: string }>();
  const problems = new Map(
    page.problems.flatMap((problem) => (problem.field ? [[problem.field, problem] as const] : [])),
  );
  const shown = page.fields.filter(
    ({ field, value }) => isAll || (value ?? '') !== '' || problems.has(field),
  );
  async function set(field: string, value: string | null, seen: string | null): Promise<void> {
    try {
      const { conflicts } = await applyFixes(item.catalogId, [{ offerId: item.offerId, field, value, seen }]);
      const [conflict] = conflicts;
      setClash(conflict && { conflict, mine: value ?? '' });
    } catch (error) {
      tellFailed(error);
    }
  }
  return (
    <>
      <Table.ScrollContainer minWidth={320} type="native">
        <Table className="fields">
          <Table.Thead>
            <Table.Tr>
              <Table.Th w="22%">{t('item.field')}</Table.Th>
              <Table.Th>{t('item.value')}</Table.Th>
              <Table.Th w="28%" visibleFrom="sm">
                {t('item.origin')}
              </Table.Th>
              {mayEdit && <Table.Th w={84} aria-label={t('item.edit', { field: '' })} />}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {shown.map((field) => (
              <FieldRow
                key={field.field}
                field={field}
                problem={sayProblem(problems.get(field.field))}
                mayEdit={mayEdit}
                onSet={(value, seen) => void set(field.field, value, seen)}
              />
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      <Checkbox
        mt="sm"
        label={t('item.show-empty')}
        checked={isAll}
        onChange={({ currentTarget }) => setAll(currentTarget.checked)}
      />
      <Modal
        opened={clash !== undefined}
        onClose={() => setClash(undefined)}
        title={t('item.conflict-title')}
        closeButtonProps={{ 'aria-label': t('frame.close') }}
      >
        {clash && (
          <Stack>
            <Text size="sm">
              {t('item.conflict', {
                field: fieldName(clash.conflict.field),
                current: clash.conflict.current ?? t('issues.empty'),
                mine: clash.mine,
              })}
            </Text>
            <Group justify="flex-end">
              <Button variant="default" onClick={() => setClash(undefined)}>
                {t('issues.keep-theirs')}
              </Button>
              <Button onClick={() => void set(clash.conflict.field, clash.mine, clash.conflict.current)}>
                {t('issues.use-mine')}
              </Button>
            </Group>
          </Stack>
        )}
      </Modal>
    </>
  );
}

function FieldRow(props: {
  field: Field;
  problem: string | undefined;
  mayEdit: boolean;
  /** `seen`: what stood there when the person began. */
  onSet: (value: string | null, seen: string | null) => void;
}): ReactNode {
  const { field, problem, mayEdit, onSet } = props;
  const { value, origin } = field;
  const [draft, setDraft] = useState<string>();
  const [seen, setSeen] = useState<string | null>(null);
  const name = fieldName(field.field);
  const begin = (): void => {
    setSeen(value ?? null);
    setDraft(value ?? '');
  };
  const save = (): void => {
    setDraft(undefined);
    if (draft !== undefined && draft.trim() !== '' && draft !== seen) onSet(draft, seen);
  };
  const from = origin.from === 'override' ? t('item.from-override', { by: origin.by ?? '', ago: origin.at ? showAgo(origin.at) : '' }) : t(`item.from-${origin.from}`, { by: origin.by ?? '' }); // prettier-ignore
  return (
    <Table.Tr>
      <Table.Th scope="row" fw={500}>
        {name}
      </Table.Th>
      <Table.Td>
        {draft === undefined ? (
          <Text size="sm" className="field-value">
            {value || '–'}
          </Text>
        ) : (
          <Textarea
            autoFocus
            autosize
            minRows={1}
            maxRows={10}
            aria-label={name}
            value={draft}
            onChange={({ currentTarget }) => setDraft(currentTarget.value)}
            onBlur={save}
            onKeyDown={(event) => {
              if (event.key === 'Escape') setDraft(undefined);
              if (event.key !== 'Enter' || event.shiftKey) return;
              event.preventDefault();
              save();
            }}
          />
        )}
        {problem && (
          <Text size="xs" c="var(--blocked)">
            {problem}
          </Text>
        )}
        <Text size="xs" c="dimmed" hiddenFrom="sm">
          {from}
        </Text>
      </Table.Td>
      <Table.Td visibleFrom="sm">
        <Text size="sm" c="dimmed">
          {from}
        </Text>
        {origin.source !== undefined && (
          <Text size="xs" c="dimmed" lineClamp={2}>
            {t('item.source-says', { value: origin.source })}
          </Text>
        )}
      </Table.Td>
      {mayEdit && (
        <Table.Td>
          <Group gap={4} wrap="nowrap" justify="flex-end">
            {origin.from === 'override' && (
              <ActionIcon
                variant="subtle"
                color="gray"
                aria-label={t('item.take-back', { field: name })}
                onClick={() => onSet(null, value ?? null)}
              >
                <IconArrowBackUp size={16} />
              </ActionIcon>
            )}
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={t('item.edit', { field: name })}
              onClick={begin}
            >
              <IconPencil size={16} />
            </ActionIcon>
          </Group>
        </Table.Td>
      )}
    </Table.Tr>
  );
}
