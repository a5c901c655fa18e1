/** The card before the door: sign-in, and choosing a password. */
import { Alert, Button, Group, Paper, Stack, Text, Title } from '@mantine/core';
import { useState, type FormEvent, type ReactNode } from 'react';
import { Problem } from '../../api/client.ts';

export interface EntranceProps {
  title: string;
  text?: string;
  action: string;
  foot?: string;
  submit: (fields: Record<string, string>) => Promise<void>;
  /** Draws the fields; `wrong` says what is wrong with each. */
  children: (wrong: Record<string, string>) => ReactNode;
}

export function Entrance({ title, text, action, foot, submit, children }: EntranceProps): ReactNode {
  const [problem, setProblem] = useState<Problem>();
  const [busy, setBusy] = useState(false);
  const onSubmit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const fields = Object.fromEntries(
      [...new FormData(event.currentTarget)].map(([name, value]) => [
        name,
        typeof value === 'string' ? value : '',
      ]),
    );
    setBusy(true);
    try {
      await submit(fields);
    } catch (error) {
      setProblem(error instanceof Problem ? error : new Problem(0, { detail: String(error) }, null));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Paper
      component="main"
      withBorder
      maw={420}
      mx={{ base: 'sm', xs: 'auto' }}
      mt={{ base: 24, sm: 96 }}
      p="lg"
      bg="var(--card)"
    >
      <form onSubmit={(event) => void onSubmit(event)}>
        <Stack>
          <Group gap="xs">
            <img src="/icon.svg" width="28" height="28" alt="" />
            <Title order={1}>{title}</Title>
          </Group>
          {text && (
            <Text size="sm" c="dimmed">
              {text}
            </Text>
          )}
          {children(problem?.fields ?? {})}
          {problem && Object.keys(problem.fields).length === 0 && (
            <Alert color="red" role="alert" title={problem.message}>
              {problem.hint}
            </Alert>
          )}
          <Button type="submit" size="md" loading={busy}>
            {action}
          </Button>
          {foot && (
            <Text size="xs" c="dimmed">
              {foot}
            </Text>
          )}
        </Stack>
      </form>
    </Paper>
  );
}
