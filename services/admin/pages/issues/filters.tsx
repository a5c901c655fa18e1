import { Group, Select } from '@mantine/core';
import type { ReactNode } from 'react';
import { useCatalog } from '../../frame/shell.tsx';
import { showNumber, t } from '../../messages/text.ts';
import { channelName } from '../../parts/fields.ts';
import type { IssuesSearch } from './search.ts';

export function Filters(props: {
  search: IssuesSearch;
  categories: { category: string; problems: number }[];
  onChange: (changes: IssuesSearch) => void;
}): ReactNode {
  const { search, categories, onChange } = props;
  const channels = useCatalog()?.channels ?? [];
  return (
    <Group gap="xs" className="filters">
      <Select
        aria-label={t('issues.channel')}
        placeholder={t('issues.all-channels')}
        data={channels.map((id) => ({ value: id, label: channelName(id) }))}
        value={search.channel ?? null}
        onChange={(channel) => onChange({ channel: channel ?? undefined })}
        clearable
        clearButtonProps={{ 'aria-label': t('issues.clear') }}
      />
      <Select
        aria-label={t('issues.severity')}
        placeholder={t('issues.all-severities')}
        data={[
          { value: 'error', label: t('issues.errors') },
          { value: 'warning', label: t('issues.warnings') },
        ]}
        value={search.severity ?? null}
        onChange={(severity) =>
          onChange({ severity: (severity as IssuesSearch['severity'] | null) ?? undefined })
        }
        clearable
        clearButtonProps={{ 'aria-label': t('issues.clear') }}
      />
      <Select
        aria-label={t('issues.category')}
        placeholder={t('issues.all-categories')}
        data={categories.map(({ category, problems }) => ({
          value: category,
          label: `${category} (${showNumber(problems)})`,
        }))}
        value={search.category ?? null}
        onChange={(category) => onChange({ category: category ?? undefined })}
        clearable
        searchable
        clearButtonProps={{ 'aria-label': t('issues.clear') }}
      />
    </Group>
  );
}
