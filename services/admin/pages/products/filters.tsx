/** Search and filters; each is in the address a moment after the last stroke, and typing never waits for an answer. */
import { Badge, Button, CloseButton, Collapse, Group, NumberInput, Select, TextInput } from '@mantine/core';
import { useDebouncedCallback, useDisclosure } from '@mantine/hooks';
import { IconAdjustmentsHorizontal, IconSearch } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import type { IssueGroup } from '../../../../feeds/issue-group.ts';
import { look } from '../../api/client.ts';
import type { Wire } from '../../api/wire.ts';
import { useCatalog } from '../../frame/shell.tsx';
import { t, type MessageKey } from '../../messages/text.ts';
import { channelName, problemTitle } from '../../parts/fields.ts';
import { nameOf, statuses } from '../../parts/status.tsx';
import { countFilters, type ProductsSearch } from './search.ts';

const problemId = ({ code, field }: { code: string; field?: string | undefined }): string =>
  `${code} ${field ?? ''}`;
const typedAfterMs = 180;
const spans = [[1, 'products.last-day'], [7, 'products.last-week'], [30, 'products.last-month']] as const; // prettier-ignore
const availabilities = ['in_stock', 'out_of_stock', 'preorder', 'backorder', 'discontinued'] as const;
const sorts = ['id', 'title', 'price', 'changed'] as const;

export function ProductFilters(props: {
  search: ProductsSearch;
  onChange: (search: ProductsSearch, replace?: boolean) => void;
}): ReactNode {
  const { search, onChange } = props;
  const catalog = useCatalog();
  const count = countFilters({ ...search, q: undefined });
  const [opened, { toggle }] = useDisclosure(count > 0);
  const problems = useQuery({
    ...look<{ items: Wire<IssueGroup>[] }>(`/catalogs/${catalog?.id ?? ''}/problems`),
    enabled: catalog !== undefined,
  });
  const groups = (problems.data?.items ?? []).filter(({ items }) => items > 0);
  const set = (changes: ProductsSearch): void => onChange({ ...search, ...changes });
  const pick = (
    label: MessageKey,
    data: { value: string; label: string }[],
    value: string | undefined,
    to: (value: string | undefined) => void,
  ): ReactNode => (
    <Select
      label={t(label)}
      data={data}
      value={value ?? null}
      onChange={(chosen) => to(chosen ?? undefined)}
      clearable
      clearButtonProps={{ 'aria-label': t('products.clear') }}
    />
  );
  const digits = new Intl.NumberFormat('en', { style: 'currency', currency: catalog?.currency ?? 'EUR' }).resolvedOptions().maximumFractionDigits ?? 2; // prettier-ignore
  const unit = 10 ** digits;
  return (
    <div>
      <Group gap="xs" wrap="nowrap">
        <Typed
          label={t('products.search')}
          value={search.q}
          icon={<IconSearch size={16} aria-hidden />}
          onChange={(q) => onChange({ ...search, q }, true)}
        />
        <Button
          variant="default"
          onClick={toggle}
          aria-expanded={opened}
          leftSection={<IconAdjustmentsHorizontal size={16} />}
        >
          {t('products.filters')}
          {count > 0 && ` (${count})`}
        </Button>
      </Group>
      {search.code !== undefined && (
        <Badge
          mt="xs"
          size="lg"
          variant="default"
          tt="none"
          fw={500}
          rightSection={
            <CloseButton
              size="xs"
              data-small
              aria-label={t('products.clear')}
              onClick={() => set({ code: undefined, field: undefined })}
            />
          }
        >
          {t('products.with-problem', {
            problem: problemTitle({ code: search.code, field: search.field, message: search.code }),
          })}
        </Badge>
      )}
      <Collapse expanded={opened}>
        <div className="filter-grid">
          {pick(
            'products.channel',
            (catalog?.channels ?? []).map((id) => ({ value: id, label: channelName(id) })),
            search.channel,
            (channel) => set({ channel }),
          )}
          {pick(
            'products.status',
            [
              ...statuses.map((one) => ({ value: one as string, label: nameOf(one) })),
              { value: 'stale', label: t('products.stale') },
            ],
            search.status,
            (status) => set({ status: status as ProductsSearch['status'] }),
          )}
          {pick(
            'products.issue',
            groups.map((group) => ({ value: problemId(group), label: problemTitle(group) })),
            search.code === undefined ? undefined : problemId({ code: search.code, field: search.field }),
            (id) => {
              const group = groups.find((one) => problemId(one) === id);
              set({ code: group?.code, field: group?.field });
            },
          )}
          {pick(
            'products.availability',
            availabilities.map((one) => ({ value: one, label: t(`products.${one}`) })),
            search.availability,
            (availability) => set({ availability }),
          )}
          {pick(
            'products.changed',
            spans.map(([days, label]) => ({ value: String(days), label: t(label) })),
            search.changed?.toString(),
            (days) => set({ changed: days === undefined ? undefined : Number(days) }),
          )}
          {pick(
            'products.source',
            [
              { value: 'main', label: t('products.source-main') },
              { value: 'person', label: t('products.source-person') },
              ...(catalog?.sourceOrder ?? [])
                .filter((id) => id !== 'main')
                .map((id) => ({ value: id, label: id })),
            ],
            search.source,
            (source) => set({ source }),
          )}
          <Typed
            label={t('products.brand')}
            visible
            value={search.brand}
            onChange={(brand) => onChange({ ...search, brand }, true)}
          />
          <Typed
            label={t('products.category')}
            visible
            value={search.category}
            onChange={(category) => onChange({ ...search, category }, true)}
          />
          {(['priceFrom', 'priceTo'] as const).map((end) => (
            <NumberInput
              key={end}
              label={t(end === 'priceFrom' ? 'products.price-from' : 'products.price-to')}
              value={search[end] === undefined ? '' : search[end] / unit}
              min={0}
              decimalScale={digits}
              hideControls
              onChange={(value) =>
                set({ [end]: value === '' ? undefined : Math.round(Number(value) * unit) })
              }
            />
          ))}
          <Select
            label={t('products.sort')}
            data={sorts.map((one) => ({ value: one, label: t(`products.sort-${one}`) }))}
            value={search.sort ?? 'id'}
            allowDeselect={false}
            onChange={(sort) => set({ sort: sort === 'id' ? undefined : (sort as ProductsSearch['sort']) })}
          />
          <Button
            variant="default"
            mt="auto"
            onClick={() => set({ order: search.order ? undefined : 'down' })}
          >
            {t(search.order ? 'products.sort-down' : 'products.sort-up')}
          </Button>
        </div>
      </Collapse>
    </div>
  );
}

/** An input whose text belongs to the person; the list hears of it when the hand rests. */
function Typed(props: {
  label: string;
  visible?: boolean;
  value: string | undefined;
  icon?: ReactNode;
  onChange: (value: string | undefined) => void;
}): ReactNode {
  const { label, visible, value = '', icon, onChange } = props;
  const [text, setText] = useState(value);
  const [seen, setSeen] = useState(value);
  /** Told to the address and not yet come back from it: on a busy machine several are on their way. */
  const [told, setTold] = useState<string[]>([]);
  if (value !== seen) {
    setSeen(value);
    const own = told.indexOf(value);
    setTold(told.slice(own + 1));
    // changed from outside: a view was chosen, Back was pressed
    if (own < 0) setText(value);
  }
  const tell = useDebouncedCallback((next: string) => {
    setTold((all) => [...all, next].slice(-20));
    onChange(next === '' ? undefined : next);
  }, typedAfterMs);
  return (
    <TextInput
      flex={1}
      {...(visible ? { label } : { 'aria-label': label, placeholder: label })}
      value={text}
      leftSection={icon}
      type="search"
      onChange={({ currentTarget }) => {
        setText(currentTarget.value);
        tell(currentTarget.value);
      }}
    />
  );
}
