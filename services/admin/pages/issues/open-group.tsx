/** The items of a group, each with its value to fix in place; apply to one, to those selected, or to all. */
import { Button, Checkbox, Group, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconCheck, IconClockPause, IconHelp, IconPencil } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import type { IssueGroup } from '../../../../feeds/issue-group.ts';
import type { Fix } from '../../../../jobs/fix-items.ts';
import { useMay } from '../../frame/session.ts';
import { useCatalogId } from '../../frame/shell.tsx';
import { t } from '../../messages/text.ts';
import { problemHint } from '../../parts/fields.ts';
import { Failure, Loading } from '../../parts/states.tsx';
import { Aside } from './aside.tsx';
import { ApplyDialog, type ApplyWhat } from './apply-dialog.tsx';
import { Explain } from './explain.tsx';
import { applyFixes, tellFailed, type Conflict } from './fixing.tsx';
import { groupQuery, type Row } from './group-query.ts';
import { GroupRowView } from './group-row.tsx';
import type { IssuesSearch } from './search.ts';
import { useRowKeys } from './row-keys.ts';

export function OpenGroup(props: { group: IssueGroup; search: IssuesSearch }): ReactNode {
  const { group, search } = props;
  const catalogId = useCatalogId();
  const mayFix = useMay('merchandiser');
  const found = useInfiniteQuery(groupQuery(catalogId, group, search));
  /** What was written, and what stood there when the writing began. */
  const [drafts, setDrafts] = useState<ReadonlyMap<string, { value: string; seen: string | null }>>(
    new Map(),
  );
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [gone, setGone] = useState<ReadonlySet<string>>(new Set());
  const [conflicts, setConflicts] = useState<ReadonlyMap<string, Conflict>>(new Map());
  const [applying, setApplying] = useState<ApplyWhat>();
  const [whyShown, why] = useDisclosure(false);
  const [asideShown, aside] = useDisclosure(false);
  const rows = (found.data?.pages ?? [])
    .flatMap(({ items }) => items)
    .filter(({ card }) => !gone.has(card.offerId));
  const field = rows.find((row) => row.field !== undefined)?.field;
  const valueOf = (row: Row): string =>
    drafts.get(row.card.offerId)?.value ?? row.suggestion?.value ?? row.current ?? '';
  const seenOf = ({ card, current }: Row): string | null => {
    const begun = drafts.get(card.offerId);
    return begun ? begun.seen : (current ?? null);
  };
  const isReady = (row: Row): boolean =>
    row.field !== undefined && valueOf(row) !== '' && valueOf(row) !== row.current;
  const toFix = (row: Row): Fix => ({ offerId: row.card.offerId, field: row.field ?? '', value: valueOf(row), seen: seenOf(row) }); // prettier-ignore
  const draft = (row: Row, value: string): void =>
    setDrafts(new Map(drafts).set(row.card.offerId, { value, seen: seenOf(row) }));
  const toggle = (offerId: string): void => {
    const next = new Set(selected);
    if (!next.delete(offerId)) next.add(offerId);
    setSelected(next);
  };

  /** The rows leave at once; what did not go through comes back with the reason. */
  async function fix(fixes: Fix[]): Promise<void> {
    const ids = fixes.map(({ offerId }) => offerId);
    setGone((now) => new Set([...now, ...ids]));
    setSelected((now) => new Set([...now].filter((id) => !ids.includes(id))));
    const back = (some: readonly string[]): void =>
      setGone((now) => new Set([...now].filter((id) => !some.includes(id))));
    try {
      const result = await applyFixes(catalogId, fixes, {
        code: group.code,
        ...(group.field ? { field: group.field } : {}),
      });
      setConflicts(
        (now) => new Map([...now, ...result.conflicts.map((one): [string, Conflict] => [one.offerId, one])]),
      );
      back([...result.conflicts, ...result.refused].map(({ offerId }) => offerId));
    } catch (error) {
      back(ids);
      tellFailed(error);
    }
  }
  const fixOne = (row: Row): void => {
    if (mayFix && isReady(row)) void fix([toFix(row)]);
  };
  const chosen = rows.filter((row) => selected.has(row.card.offerId));
  const applyAll = (): void => setApplying({ kind: 'suggestions', count: group.suggested });
  const keys = useRowKeys(rows, {
    toggle: (row) => toggle(row.card.offerId),
    accept: fixOne,
    all: applyAll,
    why: why.open,
  });
  if (found.isPending) return <Loading lines={3} />;
  if (found.error) return <Failure error={found.error} retry={() => void found.refetch()} />;
  const total = found.data.pages[0]?.total.count ?? 0;
  const scope = { channel: search.channel, category: search.category };
  return (
    <Stack gap="sm" p="sm" pt={0}>
      <Group gap="xs" className="group-actions">
        {mayFix && group.suggested > 0 && chosen.length === 0 && (
          <Button leftSection={<IconCheck size={16} />} onClick={applyAll}>
            {t('issues.apply-all', { count: group.suggested })}
          </Button>
        )}
        {mayFix && chosen.some(isReady) && (
          <Button
            leftSection={<IconCheck size={16} />}
            onClick={() => setApplying({ kind: 'fixes', fixes: chosen.filter(isReady).map(toFix) })}
          >
            {t('issues.apply-selected', { count: chosen.filter(isReady).length })}
          </Button>
        )}
        {mayFix && field !== undefined && (
          <Button
            variant="default"
            leftSection={<IconPencil size={16} />}
            onClick={() =>
              setApplying({
                kind: 'value',
                field,
                rows: chosen.length > 0 ? chosen : undefined,
                sample: rows,
                total,
              })
            }
          >
            {t('issues.one-value', { count: chosen.length })}
          </Button>
        )}
        {mayFix && (
          <Button variant="default" leftSection={<IconClockPause size={16} />} onClick={aside.open}>
            {t('issues.put-aside')}
          </Button>
        )}
        <Button variant="subtle" leftSection={<IconHelp size={16} />} onClick={why.open}>
          {t('issues.why')}
        </Button>
      </Group>
      {!mayFix && (
        <Text size="sm" c="dimmed">
          {t('issues.read-only')}
        </Text>
      )}
      {field === undefined && rows.length > 0 && (
        <Text size="sm">{t('issues.no-field', { hint: problemHint(group) ?? '' })}</Text>
      )}
      {mayFix && rows.length > 1 && (
        <Checkbox
          size="sm"
          label={t('issues.select-all')}
          checked={chosen.length === rows.length}
          indeterminate={chosen.length > 0 && chosen.length < rows.length}
          onChange={({ currentTarget: { checked } }) =>
            setSelected(new Set(checked ? rows.map(({ card }) => card.offerId) : []))
          }
        />
      )}
      <div className="rows" role="list">
        {rows.map((row, at) => (
          <GroupRowView
            key={row.card.offerId}
            row={row}
            value={valueOf(row)}
            isReady={isReady(row)}
            isAt={at === keys.at}
            isSelected={selected.has(row.card.offerId)}
            mayFix={mayFix}
            conflict={conflicts.get(row.card.offerId)}
            onValue={(value) => draft(row, value)}
            onSelect={() => toggle(row.card.offerId)}
            onApply={() => fixOne(row)}
            onOver={(current) => void fix([{ ...toFix(row), seen: current }])}
            onKeep={() => {
              setConflicts((now) => new Map([...now].filter(([id]) => id !== row.card.offerId)));
              void found.refetch();
            }}
            onFocus={() => keys.setAt(at)}
          />
        ))}
      </div>
      {found.hasNextPage && (
        <Button
          variant="default"
          loading={found.isFetchingNextPage}
          onClick={() => void found.fetchNextPage()}
        >
          {t('issues.more', { count: Math.min(50, Math.max(1, total - rows.length)) })}
        </Button>
      )}
      <ApplyDialog
        what={applying}
        problem={group}
        scope={scope}
        onClose={() => setApplying(undefined)}
        onFixes={(fixes) => void fix(fixes)}
      />
      <Explain opened={whyShown} onClose={why.close} group={group} />
      <Aside
        opened={asideShown}
        onClose={aside.close}
        group={group}
        offerIds={chosen.map(({ card }) => card.offerId)}
      />
    </Stack>
  );
}
