/** One group: what is wrong in a sentence, how many items, where, and how many suggestions; opened, its items. */
import { Badge, Collapse, Group, Text, UnstyledButton } from '@mantine/core';
import { IconAlertTriangle, IconChevronRight, IconHandStop } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, type ReactNode } from 'react';
import type { IssueGroup } from '../../../../feeds/issue-group.ts';
import { useCatalogId } from '../../frame/shell.tsx';
import { t } from '../../messages/text.ts';
import { channelName, problemTitle } from '../../parts/fields.ts';
import { groupQuery } from './group-query.ts';
import type { IssuesSearch } from './search.ts';
import { OpenGroup } from './open-group.tsx';

export function GroupCard(props: {
  group: IssueGroup;
  search: IssuesSearch;
  isOpen: boolean;
  isAt: boolean;
  onToggle: () => void;
}): ReactNode {
  const { group, search, isOpen, isAt, onToggle } = props;
  const catalogId = useCatalogId();
  const client = useQueryClient();
  const head = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (isAt) head.current?.scrollIntoView({ block: 'nearest' });
  }, [isAt]);
  const isError = group.severity === 'error';
  const Sign = isError ? IconHandStop : IconAlertTriangle;
  return (
    <div className="card group" role="listitem" data-at={isAt || undefined} data-open={isOpen || undefined}>
      <UnstyledButton
        ref={head}
        className="group-head"
        onClick={onToggle}
        onMouseEnter={() => void client.prefetchInfiniteQuery(groupQuery(catalogId, group, search))}
        aria-expanded={isOpen}
      >
        <IconChevronRight size={18} className="chevron" aria-hidden />
        <Group gap={8} wrap="nowrap" c={`var(--${isError ? 'blocked' : 'sent'})`} className="group-sign">
          <Sign size={18} aria-label={t(isError ? 'issues.error' : 'issues.warning')} />
        </Group>
        <Text fw={600} className="group-title">
          {problemTitle(group)}
        </Text>
        <span className="group-facts">
          <Text span size="sm" fw={600}>
            {t('issues.items', { count: group.items })}
          </Text>
          {group.frees > 0 && (
            <Text span size="sm" c="dimmed">
              {t('issues.frees', { count: group.frees })}
            </Text>
          )}
          {group.suggested > 0 && (
            <Text span size="sm" c="var(--accepted)">
              {t('issues.suggested', { count: group.suggested })}
            </Text>
          )}
          {group.muted > 0 && (
            <Text span size="sm" c="dimmed">
              {t('issues.aside', { count: group.muted })}
            </Text>
          )}
        </span>
        <span className="group-channels">
          {group.channels.map((channel) => (
            <Badge key={channel} variant="default" radius="sm" tt="none" fw={500}>
              {channelName(channel)}
            </Badge>
          ))}
        </span>
      </UnstyledButton>
      <Collapse expanded={isOpen} transitionDuration={120}>
        {isOpen && <OpenGroup group={group} search={search} />}
      </Collapse>
    </div>
  );
}
