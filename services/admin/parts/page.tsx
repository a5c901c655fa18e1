/** What every page begins with: its name, what is true about it now, and its one primary button. */
import { Group, Stack, Text, Title } from '@mantine/core';
import { useEffect, type ReactNode } from 'react';

export function Page(props: {
  title: string;
  note?: ReactNode;
  action?: ReactNode;
  wide?: boolean;
  children: ReactNode;
}): ReactNode {
  const { title, note, action, wide, children } = props;
  useEffect(() => {
    document.title = `${title} · Shelfcast`;
  }, [title]);
  return (
    <Stack gap="md" className={wide ? '' : 'page'}>
      <Group justify="space-between" align="flex-end" gap="sm">
        <div style={{ flex: '1 1 18rem', minWidth: 0 }}>
          <Title order={1}>{title}</Title>
          {note && (
            <Text size="sm" c="dimmed">
              {note}
            </Text>
          )}
        </div>
        {action}
      </Group>
      {children}
    </Stack>
  );
}
