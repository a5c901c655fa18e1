/** The states of a list beside "full": nothing yet, nothing matches, could not load, loading. */
import { Alert, Button, Code, Group, Skeleton, Stack, Text, Title } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useEffect, useState, type ReactNode } from 'react';
import { Problem } from '../api/client.ts';
import { t } from '../messages/text.ts';

/** Nothing yet, or nothing matches: what it means, and the one thing to do. */
export function Nothing(props: { title: string; text?: string; action?: ReactNode }): ReactNode {
  return (
    <Stack align="center" gap="xs" py={48} px="md" ta="center">
      <Title order={2}>{props.title}</Title>
      {props.text && (
        <Text c="dimmed" maw={480}>
          {props.text}
        </Text>
      )}
      {props.action}
    </Stack>
  );
}

/** What happened, what to do, and the number under which the log tells more. */
export function Failure(props: { error: unknown; retry?: () => void }): ReactNode {
  const { error } = props;
  const problem = error instanceof Problem ? error : undefined;
  const said =
    problem?.status === 0 || error instanceof TypeError
      ? t('frame.no-answer')
      : String((error as Error).message);
  return (
    <Alert color="red" variant="light" icon={<IconAlertTriangle />} title={t('frame.failed')} role="alert">
      <Stack gap="xs">
        <Text size="sm">{said}</Text>
        {problem?.hint && <Text size="sm">{problem.hint}</Text>}
        <Group>
          {props.retry && (
            <Button size="xs" variant="default" onClick={props.retry}>
              {t('frame.retry')}
            </Button>
          )}
          {problem?.requestId && (
            <Text size="xs" c="dimmed">
              {t('frame.request')} <Code>{problem.requestId}</Code>
            </Text>
          )}
        </Group>
      </Stack>
    </Alert>
  );
}

/** Nothing for the first 300 ms, then grey lines of about the size of what comes. */
export function Loading(props: { lines?: number; height?: number }): ReactNode {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), 300);
    return () => clearTimeout(timer);
  }, []);
  const { lines = 4, height = 44 } = props;
  return (
    <Stack gap="sm" aria-busy mih={lines * (height + 12)}>
      {late && Array.from({ length: lines }, (_, at) => <Skeleton key={at} height={height} />)}
    </Stack>
  );
}
