/** One item of a group: picture, title, the value to set, where it comes from, and what it would come to. */
import { Anchor, Button, Checkbox, Group, Text, Textarea, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconAlertTriangle, IconCircleCheck } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect, useRef, type ReactNode } from 'react';
import type { FixPreview } from '../../../../jobs/fix-items.ts';
import type { SuggestedFrom } from '../../../../catalog/suggest/suggest.ts';
import { call } from '../../api/client.ts';
import type { Wire } from '../../api/wire.ts';
import { useCatalogId } from '../../frame/shell.tsx';
import { showAgo, showList, t } from '../../messages/text.ts';
import { channelName, fieldName, problemTitle } from '../../parts/fields.ts';
import { Picture } from '../../parts/picture.tsx';
import type { Conflict } from './fixing.tsx';
import type { Row } from './group-query.ts';
import { inputId } from './row-keys.ts';

interface RowProps {
  row: Row;
  value: string;
  isReady: boolean;
  isAt: boolean;
  isSelected: boolean;
  mayFix: boolean;
  conflict: Conflict | undefined;
  onValue: (value: string) => void;
  onSelect: () => void;
  onApply: () => void;
  onOver: (current: string | null) => void;
  onKeep: () => void;
  onFocus: () => void;
}

const longFields = ['description', 'short_description'];

export function GroupRowView(props: RowProps): ReactNode {
  const { row, value, isReady, isAt, isSelected, mayFix, conflict } = props;
  const { card, field } = row;
  const catalogId = useCatalogId();
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (isAt) place.current?.scrollIntoView({ block: 'nearest' });
  }, [isAt]);
  return (
    <div className="row" role="listitem" ref={place} data-at={isAt || undefined}>
      {mayFix && (
        <Checkbox
          aria-label={t('issues.select', { name: card.offerId })}
          checked={isSelected}
          onChange={props.onSelect}
        />
      )}
      <Picture src={card.image} size={44} />
      <div className="row-item">
        <Anchor
          component={Link}
          to="/c/$catalogId/products/$offerId"
          params={{ catalogId, offerId: card.offerId } as never}
          size="sm"
          fw={600}
          lineClamp={1}
        >
          {card.title || card.offerId}
        </Anchor>
        <Text size="xs" c="dimmed" lineClamp={1}>
          {[card.offerId, card.choice].filter(Boolean).join(' · ')}
        </Text>
        {field !== undefined && (
          <Text size="xs" c="dimmed" lineClamp={2}>
            {t('issues.now', { value: row.current || row.problem?.value || t('issues.empty') })}
          </Text>
        )}
      </div>
      {field === undefined ? (
        <Text size="sm" className="row-value">
          {row.problem && problemTitle(row.problem)}
        </Text>
      ) : (
        <div className="row-value">
          <ValueInput {...props} field={field} />
          {conflict ? (
            <ConflictLine {...props} conflict={conflict} />
          ) : (
            <Outcome row={row} value={value} isReady={isReady} />
          )}
        </div>
      )}
      {mayFix && field !== undefined && (
        <Button
          variant={isReady ? 'light' : 'default'}
          disabled={!isReady}
          onClick={props.onApply}
          aria-label={t('issues.apply-to', { name: card.offerId })}
        >
          {t('issues.apply')}
        </Button>
      )}
    </div>
  );
}

function ValueInput(props: RowProps & { field: string }): ReactNode {
  const { row, value, field, mayFix, onValue, onApply, onFocus } = props;
  const common = {
    id: inputId(row.card.offerId),
    value,
    readOnly: !mayFix,
    'aria-label': t('issues.value', { field: fieldName(field), name: row.card.offerId }),
    onFocus,
    onKeyDown: (event: React.KeyboardEvent<HTMLElement>) => {
      if (event.key === 'Escape') event.currentTarget.blur();
      if (event.key !== 'Enter' || event.shiftKey) return;
      event.preventDefault();
      event.currentTarget.blur();
      onApply();
    },
  };
  return longFields.includes(field) ? (
    <Textarea
      {...common}
      autosize
      minRows={1}
      maxRows={4}
      onChange={({ currentTarget }) => onValue(currentTarget.value)}
    />
  ) : (
    <TextInput {...common} onChange={({ currentTarget }) => onValue(currentTarget.value)} />
  );
}

/** Where the value comes from, and what the check says of it while it is written. */
function Outcome(props: { row: Row; value: string; isReady: boolean }): ReactNode {
  const { row, value, isReady } = props;
  const catalogId = useCatalogId();
  const [asked] = useDebouncedValue(value, 250);
  const { suggestion } = row;
  const wish = { offerId: row.card.offerId, field: row.field ?? '', value: asked };
  const tried = useQuery({
    queryKey: ['fix-preview', catalogId, wish.offerId, wish.field, asked],
    queryFn: () =>
      call<{ items: Wire<FixPreview>[] }>('POST', `/catalogs/${catalogId}/fixes/preview`, { fixes: [wish] }),
    enabled: isReady && asked === value,
    placeholderData: keepPreviousData,
    staleTime: 30_000,
  });
  const preview = isReady ? tried.data?.items[0] : undefined;
  return (
    <Group gap={8} mt={2} className="row-outcome">
      {suggestion && suggestion.value === value && <From {...suggestion} />}
      {preview && <PreviewLine preview={preview} />}
    </Group>
  );
}

function From({
  from,
  evidence,
  confidence,
}: {
  from: SuggestedFrom;
  evidence: string;
  confidence: number;
}): ReactNode {
  return (
    <Text size="xs" c="dimmed" title={evidence}>
      {t(`issues.from-${from}`, { evidence })}
      {confidence < 0.75 && ` (${t('issues.unsure')})`}
    </Text>
  );
}

export function PreviewLine({ preview }: { preview: Wire<FixPreview> }): ReactNode {
  const [bad] = preview.new;
  const left = preview.left.find(({ severity }) => severity === 'error');
  const freed = [...new Set(preview.gone.flatMap(({ channels }) => channels))];
  const [tone, text] =
    preview.refused !== undefined
      ? ['rejected', preview.refused]
      : bad
        ? ['blocked', t('issues.new-problem', { message: problemTitle(bad) })]
        : left
          ? ['blocked', t('issues.still', { message: problemTitle(left) })]
          : ['accepted', t('issues.free', { channels: showList(freed.map(channelName)) })];
  if (tone === 'accepted' && freed.length === 0) return null;
  const Sign = tone === 'accepted' ? IconCircleCheck : IconAlertTriangle;
  return (
    <Group gap={4} wrap="nowrap" c={`var(--${tone})`}>
      <Sign size={14} aria-hidden />
      <Text size="xs" c="inherit">
        {text}
      </Text>
    </Group>
  );
}

function ConflictLine(props: RowProps & { conflict: Conflict }): ReactNode {
  const { conflict, onOver, onKeep } = props;
  const { by = t('issues.somebody'), at, current } = conflict;
  return (
    <Group gap="xs" mt={4} role="alert">
      <Text size="sm" c="var(--blocked)" fw={600}>
        {t('issues.conflict', { by, value: current ?? t('issues.empty'), ago: at ? showAgo(at) : '' })}
      </Text>
      <Button size="compact-sm" variant="default" onClick={() => onOver(current)}>
        {t('issues.use-mine')}
      </Button>
      <Button size="compact-sm" variant="default" onClick={onKeep}>
        {t('issues.keep-theirs')}
      </Button>
    </Group>
  );
}
