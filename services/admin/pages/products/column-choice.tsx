import { Button, Checkbox, Popover, Stack } from '@mantine/core';
import { IconColumns3 } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { t } from '../../messages/text.ts';
import { columnNames, type ColumnName } from './columns.tsx';

/** Which columns are shown; the item's own always is. */
export function ColumnChoice(props: {
  shown: readonly ColumnName[];
  onChange: (shown: readonly ColumnName[]) => void;
}): ReactNode {
  const { shown, onChange } = props;
  return (
    <Popover position="bottom-end" trapFocus>
      <Popover.Target>
        <Button variant="default" leftSection={<IconColumns3 size={16} />}>
          {t('products.columns')}
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label={t('products.columns')}>
        <Checkbox.Group
          value={[...shown]}
          onChange={(names) =>
            onChange(columnNames.filter((name) => name === 'item' || names.includes(name)))
          }
        >
          <Stack gap="xs">
            {columnNames.map((name) => (
              <Checkbox
                key={name}
                value={name}
                label={t(`products.col-${name}`)}
                disabled={name === 'item'}
              />
            ))}
          </Stack>
        </Checkbox.Group>
      </Popover.Dropdown>
    </Popover>
  );
}
