import { Button, Group, PasswordInput, Stack } from '@mantine/core';
import { useState, type FormEvent, type ReactNode } from 'react';
import { call, Problem } from '../../api/client.ts';
import { t } from '../../messages/text.ts';
import { act } from '../../parts/tell.ts';

export function OwnPassword(): ReactNode {
  const [wrong, setWrong] = useState<Record<string, string>>({});
  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const form = event.currentTarget;
    setWrong({});
    await act(async () => {
      try {
        await call('PUT', '/session/password', Object.fromEntries(new FormData(form)));
        form.reset();
      } catch (error) {
        if (error instanceof Problem) setWrong(error.fields);
        throw error;
      }
    }, t('settings.password-changed'));
  };
  return (
    <form onSubmit={(event) => void submit(event)}>
      <Stack className="card" p="md" maw={480}>
        <PasswordInput
          name="current"
          label={t('settings.password-now')}
          required
          autoComplete="current-password"
          error={wrong['current']}
        />
        <PasswordInput
          name="password"
          label={t('settings.password-new')}
          description={t('sign-in.password-hint')}
          required
          autoComplete="new-password"
          error={wrong['password']}
        />
        <Group justify="flex-end">
          <Button type="submit">{t('frame.save')}</Button>
        </Group>
      </Stack>
    </form>
  );
}
