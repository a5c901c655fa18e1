import { Alert, Button, Paper, PasswordInput, Stack, Title } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState, type FormEvent, type ReactNode } from 'react';
import { call, queryClient } from '../../api/client.ts';
import { t } from '../../messages/text.ts';

export function SignIn(): ReactNode {
  const { to } = useSearch({ from: '/sign-in' });
  const navigate = useNavigate();
  const [problem, setProblem] = useState('');
  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const token = new FormData(event.currentTarget).get('token');
    try {
      await call('POST', '/session', { token });
      queryClient.clear();
      await navigate({ to: to ?? '/' });
    } catch (error) {
      setProblem((error as Error).message);
    }
  };
  return (
    <Paper component="main" withBorder maw={400} mx="auto" mt={{ base: 24, sm: 96 }} p="lg">
      <form onSubmit={(event) => void submit(event)}>
        <Stack>
          <Title order={1}>{t('frame.sign-in')}</Title>
          <PasswordInput name="token" label={t('frame.token')} required autoComplete="current-password" />
          {problem && (
            <Alert color="red" role="alert">
              {problem}
            </Alert>
          )}
          <Button type="submit">{t('frame.sign-in')}</Button>
        </Stack>
      </form>
    </Paper>
  );
}
