/** Before and after for many items at once, then the one button that applies it. */
import { Button, Group, Modal, Progress, Stack, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import type { Fix, FixPreview } from '../../../../jobs/fix-items.ts';
import { applicableShown } from './apply-shown.ts';
import { call, queryClient } from '../../api/client.ts';
import type { Wire } from '../../api/wire.ts';
import { useCatalogId } from '../../frame/shell.tsx';
import { showNumber, t } from '../../messages/text.ts';
import { fieldName } from '../../parts/fields.ts';
import { Failure, Loading } from '../../parts/states.tsx';
import { applyToGroup, tellFailed, type ProblemKey } from './fixing.tsx';
import { groupQuery, type Row } from './group-query.ts';
import { PreviewTable } from './preview-table.tsx';

export type ApplyWhat =
  /** The suggestion of every item of the group that has a good one. */
  | { kind: 'suggestions'; count: number }
  /** These values. */
  | { kind: 'fixes'; fixes: Fix[] }
  /** One value, still to be written, for these rows or (undefined) for all of the group. */
  | { kind: 'value'; field: string; rows: Row[] | undefined; sample: Row[]; total: number };

interface Scope {
  channel?: string | undefined;
  category?: string | undefined;
}

export function ApplyDialog(props: {
  what: ApplyWhat | undefined;
  problem: ProblemKey;
  scope: Scope;
  onClose: () => void;
  onFixes: (fixes: Fix[]) => void;
}): ReactNode {
  const { what, onClose } = props;
  return (
    <Modal
      opened={what !== undefined}
      onClose={onClose}
      title={t('issues.preview')}
      size="xl"
      closeButtonProps={{ 'aria-label': t('frame.close') }}
    >
      {what && <ApplyForm {...props} what={what} />}
    </Modal>
  );
}

const shownAtMost = 50;

function ApplyForm(props: {
  what: ApplyWhat;
  problem: ProblemKey;
  scope: Scope;
  onClose: () => void;
  onFixes: (fixes: Fix[]) => void;
}): ReactNode {
  const { what, problem, scope, onClose, onFixes } = props;
  const catalogId = useCatalogId();
  const [value, setValue] = useState('');
  const [settled] = useDebouncedValue(value, 250);
  const [fixed, setFixed] = useState<number>();
  const shown = useQuery({
    queryKey: ['apply-preview', catalogId, problem.code, problem.field, what, settled],
    queryFn: () => showFirst(catalogId, what, problem, scope, settled),
    enabled: what.kind !== 'value' || settled !== '',
  });
  const count = what.kind === 'suggestions' ? what.count : what.kind === 'fixes' ? what.fixes.length : (what.rows?.length ?? what.total); // prettier-ignore
  const isUnwritten = what.kind === 'value' && value.trim() === '';
  async function apply(): Promise<void> {
    if (what.kind === 'fixes') return finish(() => onFixes(what.fixes));
    if (what.kind === 'value' && what.rows) {
      const fixes = what.rows.map((row) => ({
        offerId: row.card.offerId,
        field: what.field,
        value,
        seen: row.current ?? null,
      }));
      return finish(() => onFixes(fixes));
    }
    setFixed(0);
    try {
      const asked = { ...scope, ...(what.kind === 'value' ? { value } : {}) };
      await applyToGroup(catalogId, problem, JSON.parse(JSON.stringify(asked)) as object, setFixed);
      onClose();
    } catch (error) {
      tellFailed(error);
    }
    setFixed(undefined);
  }
  const finish = (work: () => void): void => {
    onClose();
    work();
  };
  return (
    <Stack>
      {what.kind === 'value' && (
        <TextInput
          data-autofocus
          label={`${t('issues.new-value')}: ${fieldName(what.field)}`}
          value={value}
          onChange={({ currentTarget }) => setValue(currentTarget.value)}
        />
      )}
      {shown.isLoading && <Loading lines={3} />}
      {shown.error && <Failure error={shown.error} retry={() => void shown.refetch()} />}
      {shown.data && (
        <>
          <Text size="sm">{t('issues.preview-note', { count, shown: shown.data.length })}</Text>
          <PreviewTable items={shown.data} />
        </>
      )}
      {fixed !== undefined && (
        <div role="status">
          <Text size="sm">
            {t('issues.progress', { count: showNumber(fixed), total: showNumber(count) })}
          </Text>
          <Progress value={(fixed / Math.max(1, count)) * 100} aria-label={t('issues.apply')} />
        </div>
      )}
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          {t('frame.cancel')}
        </Button>
        <Button
          onClick={() => void apply()}
          loading={fixed !== undefined}
          disabled={isUnwritten}
          data-autofocus={what.kind === 'value' ? undefined : true}
        >
          {t('issues.confirm', { count })}
        </Button>
      </Group>
    </Stack>
  );
}

/** The first items with what would become of them. */
async function showFirst(
  catalogId: string,
  what: ApplyWhat,
  problem: ProblemKey,
  scope: Scope,
  value: string,
): Promise<Wire<FixPreview>[]> {
  const rows = async (): Promise<Row[]> => {
    const { pages } = await queryClient.ensureInfiniteQueryData(
      groupQuery(catalogId, problem, scope as object),
    );
    return pages.flatMap(({ items }) => items);
  };
  const fixes: Fix[] =
    what.kind === 'fixes'
      ? what.fixes
      : what.kind === 'value'
        ? (what.rows ?? what.sample).map(({ card }) => ({ offerId: card.offerId, field: what.field, value }))
        : applicableShown(await rows());
  if (fixes.length === 0) return [];
  const { items } = await call<{ items: Wire<FixPreview>[] }>(
    'POST',
    `/catalogs/${catalogId}/fixes/preview`,
    {
      fixes: fixes.slice(0, shownAtMost),
    },
  );
  return items;
}
