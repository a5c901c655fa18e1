/** Issues: everything that is wrong, grouped by what cures it, the largest gain first. */
import { Button, Group, Stack } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconHistory } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useState, type ReactNode } from 'react';
import type { IssueGroup } from '../../../../feeds/issue-group.ts';
import { look } from '../../api/client.ts';
import { isInDialog, isWriting } from '../../frame/keys.ts';
import { useCatalogId } from '../../frame/shell.tsx';
import { t } from '../../messages/text.ts';
import { Ago } from '../../parts/ago.tsx';
import { Page } from '../../parts/page.tsx';
import { Failure, Loading, Nothing } from '../../parts/states.tsx';
import './issues.css';
import { Filters } from './filters.tsx';
import { undoLast } from './fixing.tsx';
import { GroupCard } from './group-card.tsx';
import { History } from './history.tsx';
import type { IssuesSearch } from './search.ts';

export interface Problems {
  items: IssueGroup[];
  categories: { category: string; problems: number }[];
  at: string;
}

export const problemsPath = (catalogId: string, { channel, severity, category }: IssuesSearch): string => {
  const query = new URLSearchParams(
    Object.entries({ channel, severity, category }).filter(
      (pair): pair is [string, string] => pair[1] !== undefined,
    ),
  ).toString();
  return `/catalogs/${catalogId}/problems${query === '' ? '' : `?${query}`}`;
};
const isSame = (group: { code: string; field?: string }, search: IssuesSearch): boolean =>
  group.code === search.code && group.field === search.field;

export function Issues(): ReactNode {
  const catalogId = useCatalogId();
  const search: IssuesSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  const [historyShown, history] = useDisclosure(false);
  const found = useQuery({
    ...look<Problems>(problemsPath(catalogId, search)),
    placeholderData: keepPreviousData,
    refetchInterval: 5_000,
  });
  const groups = found.data?.items ?? [];
  const to = (changes: IssuesSearch): void =>
    void navigate({ to: '/c/$catalogId/issues', params: { catalogId }, search: { ...search, ...changes } });
  const open = (group: IssueGroup | undefined): void => to({ code: group?.code, field: group?.field });
  const at = useGroupKeys(groups, search, open, () => undoLast(catalogId));
  const isFiltered = [search.channel, search.severity, search.category].some((one) => one !== undefined);
  const blocked = groups.reduce((most, { blocked: some }) => Math.max(most, some), 0);
  return (
    <Page
      title={t('issues.menu')}
      note={
        found.data && (
          <>
            {t('issues.note', { groups: groups.length, items: blocked })}{' '}
            <Ago key={found.data.at} time={found.data.at} />
          </>
        )
      }
      action={
        <Button variant="default" leftSection={<IconHistory size={16} />} onClick={history.open}>
          {t('issues.history')}
        </Button>
      }
    >
      <Filters search={search} categories={found.data?.categories ?? []} onChange={to} />
      {found.isPending && <Loading />}
      {found.error && <Failure error={found.error} retry={() => void found.refetch()} />}
      {found.data && groups.length === 0 && (
        <Nothing
          title={t(isFiltered ? 'issues.none-match' : 'issues.none')}
          {...(isFiltered ? {} : { text: t('issues.none-text') })}
          action={
            isFiltered && (
              <Clear onClick={() => to({ channel: undefined, severity: undefined, category: undefined })} />
            )
          }
        />
      )}
      <Stack gap="xs" role="list" aria-label={t('issues.menu')}>
        {groups.map((group, index) => (
          <GroupCard
            key={`${group.code}/${group.field ?? ''}`}
            group={group}
            search={search}
            isOpen={isSame(group, search)}
            isAt={index === at}
            onToggle={() => open(isSame(group, search) ? undefined : group)}
          />
        ))}
      </Stack>
      <History opened={historyShown} onClose={history.close} />
    </Page>
  );
}

const Clear = (props: { onClick: () => void }): ReactNode => (
  <Group>
    <Button variant="default" onClick={props.onClick}>
      {t('issues.clear')}
    </Button>
  </Group>
);

/** j and k move between groups, Enter opens; while one is open its own keys hold, and Escape closes it. */
function useGroupKeys(
  groups: readonly IssueGroup[],
  search: IssuesSearch,
  open: (group: IssueGroup | undefined) => void,
  undo: () => void,
): number {
  const [at, setAt] = useState(-1);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (
        event.ctrlKey ||
        event.metaKey ||
        event.altKey ||
        isWriting(event.target) ||
        isInDialog(event.target)
      )
        return;
      if (event.key === 'u') return undo();
      if (search.code !== undefined) {
        if (event.key === 'Escape') open(undefined);
        return;
      }
      if (event.key === 'j' || event.key === 'k')
        setAt((now) => Math.min(groups.length - 1, Math.max(0, now + (event.key === 'j' ? 1 : -1))));
      const group = groups[at];
      const isOnButton = event.target instanceof HTMLElement && event.target.closest('button, a') !== null;
      if (event.key === 'Enter' && group && !isOnButton) open(group);
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [groups, search, open, undo, at]);
  return at;
}
