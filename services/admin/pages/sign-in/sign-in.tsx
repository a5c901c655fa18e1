import { PasswordInput, TextInput } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { call, queryClient } from '../../api/client.ts';
import { t } from '../../messages/text.ts';
import { Entrance } from './entrance.tsx';

export function SignIn(): ReactNode {
  const { to } = useSearch({ from: '/sign-in' });
  const navigate = useNavigate();
  const submit = async (fields: Record<string, string>): Promise<void> => {
    await call('POST', '/session', fields);
    queryClient.clear();
    await navigate({ to: to ?? '/' });
  };
  return (
    <Entrance
      title={t('sign-in.title')}
      action={t('sign-in.title')}
      foot={t('sign-in.forgotten')}
      submit={submit}
    >
      {(wrong) => (
        <>
          <TextInput
            name="email"
            type="email"
            label={t('sign-in.email')}
            error={wrong['email']}
            required
            autoFocus
            autoComplete="username"
          />
          <PasswordInput
            name="password"
            label={t('sign-in.password')}
            error={wrong['password']}
            required
            autoComplete="current-password"
          />
        </>
      )}
    </Entrance>
  );
}
