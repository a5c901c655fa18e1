/** What happened, the newest first: seen, sent, judged, changed by whom. */
import { Stack, Text } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { Button } from '@mantine/core';
import { showList, t } from '../../messages/text.ts';
import { Ago } from '../../parts/ago.tsx';
import { channelName, fieldName, problemTitle } from '../../parts/fields.ts';
import { Status } from '../../parts/status.tsx';
import type { ItemPage } from './item-query.ts';

type Event = ItemPage['timeline'][number];
const shownAtFirst = 12;

export function Timeline({ events }: { events: Event[] }): ReactNode {
  const [isAll, setAll] = useState(false);
  const shown = isAll ? events : events.slice(0, shownAtFirst);
  return (
    <Stack gap={6} component="ol" className="timeline">
      {shown.map((event, at) => (
        <li key={`${event.at}-${at}`}>
          <Line event={event} />{' '}
          <Text span size="xs" c="dimmed">
            <Ago key={event.at} time={event.at} />
            {event.handle && ` · ${t('item.handle', { handle: event.handle.slice(0, 24) })}`}
            {event.note && ` · ${event.note}`}
          </Text>
        </li>
      ))}
      {shown.length < events.length && (
        <li>
          <Button variant="subtle" size="compact-sm" onClick={() => setAll(true)}>
            {t('issues.more', { count: events.length - shown.length })}
          </Button>
        </li>
      )}
    </Stack>
  );
}

function Line({ event }: { event: Event }): ReactNode {
  if (event.kind === 'seen')
    return (
      <Text span size="sm">
        {t('item.seen')}
      </Text>
    );
  if (event.kind === 'listing' && event.status)
    return (
      <>
        <Text span size="sm" fw={600}>
          {channelName(event.channel ?? '')}
        </Text>{' '}
        <Status status={event.status} />
      </>
    );
  const { change } = event;
  if (!change) return null;
  const isBack = change.kind === 'undo' || change.kind === 'take_back';
  const fields = showList(change.entries.map(({ field, after }) => toWords(field, isBack ? null : after)));
  return (
    <Text span size="sm" td={change.undone ? 'line-through' : undefined}>
      {t(isBack ? 'item.change-back' : 'item.change', { by: change.by, fields })}
    </Text>
  );
}

/** `Colour → Navy`; a problem that was put aside stands as `problem:code/field`. */
function toWords(field: string, after: string | null): string {
  const [, code, about] = /^problem:([^/]*)\/(.*)$/.exec(field) ?? [];
  const name = code === undefined ? fieldName(field) : problemTitle({ code, field: about === '' ? undefined : about, message: code }); // prettier-ignore
  return after === null ? name : `${name} → ${after.slice(0, 80)}`;
}
