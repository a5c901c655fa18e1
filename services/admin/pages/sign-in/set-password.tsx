/** Behind a one-time link: the first owner, a new person, or somebody who forgot. */
import { Button, Container, PasswordInput, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { call, look, queryClient } from '../../api/client.ts';
import { t } from '../../messages/text.ts';
import { Failure, Loading } from '../../parts/states.tsx';
import { Entrance } from './entrance.tsx';

export function SetPassword(): ReactNode {
  const { secret } = useParams({ from: '/set-password/$secret' });
  const navigate = useNavigate();
  const path = `/session/links/${secret}`;
  const link = useQuery({
    ...look<{ email?: string; name?: string }>(path),
    retry: false,
    staleTime: Infinity,
  });
  if (link.isPending) return <Loading />;
  if (link.error)
    return (
      <Container size="xs" mt="xl" component="main">
        <Failure error={link.error} />
        <Button mt="md" variant="default" component="a" href="/sign-in">
          {t('sign-in.to-sign-in')}
        </Button>
      </Container>
    );
  const { email } = link.data;
  const submit = async (fields: Record<string, string>): Promise<void> => {
    await call('POST', path, fields);
    queryClient.clear();
    await navigate({ to: '/' });
  };
  return (
    <Entrance
      title={t(email ? 'sign-in.choose-title' : 'sign-in.owner-title')}
      text={email ? t('sign-in.choose-text', { email }) : t('sign-in.owner-text')}
      action={t('sign-in.begin')}
      submit={submit}
    >
      {(wrong) => (
        <>
          {!email && (
            <>
              <TextInput
                name="name"
                label={t('sign-in.name')}
                error={wrong['name']}
                required
                autoFocus
                autoComplete="name"
              />
              <TextInput
                name="email"
                type="email"
                label={t('sign-in.email')}
                error={wrong['email']}
                required
                autoComplete="username"
              />
            </>
          )}
          <PasswordInput
            name="password"
            label={t('sign-in.password')}
            description={t('sign-in.password-hint')}
            error={wrong['password']}
            required
            autoComplete="new-password"
          />
        </>
      )}
    </Entrance>
  );
}
