/** What needs a person now, each with the one action that helps; the largest gain first. */
import { Button, Group, Stack, Text, Title } from '@mantine/core';
import {
  IconAlertTriangle,
  IconCircleCheck,
  IconClockExclamation,
  IconHandStop,
  IconMessageReport,
  IconPlayerPause,
  IconPlugConnectedX,
  type Icon,
} from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { IssueGroup } from '../../../../feeds/issue-group.ts';
import type { Wire } from '../../api/wire.ts';
import { isGoingOn, type RunView } from '../../api/run-events.ts';
import type { CatalogChannel, FeedView } from '../../api/questions.ts';
import { showAgo, showList, t } from '../../messages/text.ts';
import { channelName, problemTitle } from '../../parts/fields.ts';

export interface AttentionProps {
  catalogId: string;
  runs: RunView[];
  channels: CatalogChannel[];
  problems: Wire<IssueGroup>[];
  feeds: FeedView[];
}

interface Need {
  key: string;
  icon: Icon;
  tone: string;
  text: string;
  more?: string | undefined;
  action: string;
  to: string;
  search?: { code: string; field?: string };
}

/** A feed that was not built for so long makes channels drop items. */
const staleMs = 48 * 3_600_000;
const mostProblems = 5;
/** For so long a reason that a channel never gave before is called new. */
const newForMs = 3 * 86_400_000;

function findNeeds({ catalogId, runs, channels, problems, feeds }: AttentionProps): Need[] {
  const at = `/c/${catalogId}`;
  const held = runs.filter(({ status }) => status === 'held');
  const latest = runs.find((run) => !isGoingOn(run));
  const isNew = ({ from, since, blocked }: Wire<IssueGroup>): boolean =>
    from === 'channel' && blocked > 0 && since !== undefined && Date.now() - Date.parse(since) < newForMs;
  const toNeed = (group: Wire<IssueGroup>, kind: 'problem' | 'new-reason'): Need => ({
    key: `${group.code} ${group.field ?? ''}`,
    icon: kind === 'problem' ? IconHandStop : IconMessageReport,
    tone: kind === 'problem' ? 'blocked' : 'rejected',
    text: t(`home.${kind}`, {
      count: group.blocked,
      channels: showList(group.channels.map(channelName)),
      message: problemTitle(group),
    }),
    more: t('home.problem-more', {
      channels: showList(group.channels.map(channelName)),
      count: group.suggested,
    }),
    action: t(kind === 'problem' ? 'home.fix' : 'home.look'),
    to: `${at}/issues`,
    search: { code: group.code, ...(group.field === undefined ? {} : { field: group.field }) },
  });
  const stale = feeds.filter(({ publishedAt }) => Date.now() - Date.parse(publishedAt) > staleMs);
  return [
    ...held.map((run) => ({
      key: run.id,
      icon: IconPlayerPause,
      tone: 'held',
      text: t('home.held', { name: run.source?.name ?? t(`runs.kind-${run.kind}`) }),
      more: run.hold && t('home.held-counts', { missing: run.hold.missing, before: run.hold.before }),
      action: t('home.decide'),
      to: `${at}/runs/${encodeURIComponent(run.id)}`,
    })),
    ...channels
      .filter(({ paused }) => paused && paused.code !== 'paused_by_person')
      .map(({ id, title, paused }) => ({
        key: `pause ${id}`,
        icon: IconPlugConnectedX,
        tone: 'rejected',
        text: t('home.reconnect', { channel: title }),
        more: paused && `${paused.message} ${showAgo(paused.at)}`,
        action: t('home.to-reconnect'),
        to: `${at}/channels`,
      })),
    ...(latest?.status === 'failed'
      ? [
          {
            key: latest.id,
            icon: IconAlertTriangle,
            tone: 'rejected',
            text: t('home.failed', { name: latest.source?.name ?? t(`runs.kind-${latest.kind}`) }),
            more: latest.error?.message,
            action: t('home.look'),
            to: `${at}/runs/${encodeURIComponent(latest.id)}`,
          },
        ]
      : []),
    ...stale.map(({ channel, format, publishedAt }) => ({
      key: `${channel} ${format}`,
      icon: IconClockExclamation,
      tone: 'blocked',
      text: t('home.stale', { channel: channelName(channel), ago: showAgo(publishedAt) }),
      action: t('home.build-feed'),
      to: `${at}/feeds`,
    })),
    ...problems.filter(isNew).map((group) => toNeed(group, 'new-reason')),
    ...problems
      .filter((group) => group.blocked > 0 && !isNew(group))
      .slice(0, mostProblems)
      .map((group) => toNeed(group, 'problem')),
  ];
}

export function Attention(props: AttentionProps): ReactNode {
  const needs = findNeeds(props);
  const isCalm = needs.length === 0 && props.channels.length > 0;
  if (needs.length === 0 && !isCalm) return null;
  return (
    <Stack className="card" p="md" gap="sm" component="section" aria-labelledby="attention">
      <Title order={2} id="attention">
        {t('home.attention')}
      </Title>
      {isCalm && (
        <Group gap="xs" c="var(--accepted)">
          <IconCircleCheck size={20} aria-hidden />
          <Text size="sm">{t('home.calm')}</Text>
        </Group>
      )}
      {needs.map((need) => (
        <Group key={need.key} justify="space-between" wrap="nowrap" align="flex-start">
          <Group gap="sm" wrap="nowrap" align="flex-start">
            <need.icon
              size={20}
              color={`var(--${need.tone})`}
              aria-hidden
              style={{ flexShrink: 0, marginTop: 1 }}
            />
            <div>
              <Text size="sm" fw={550} lineClamp={4}>
                {need.text}
              </Text>
              {need.more && (
                <Text size="xs" c="dimmed">
                  {need.more}
                </Text>
              )}
            </div>
          </Group>
          <Button
            component={Link}
            to={need.to}
            search={(need.search ?? {}) as never}
            size="xs"
            variant="default"
            style={{ flexShrink: 0 }}
          >
            {need.action}
          </Button>
        </Group>
      ))}
    </Stack>
  );
}
