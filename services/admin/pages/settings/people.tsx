/** People with their roles; a new one gets a one-time link. */
import {
  Badge,
  Button,
  Code,
  Group,
  Modal,
  Select,
  Stack,
  Switch,
  Table,
  Text,
  TextInput,
} from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactNode } from 'react';
import { roles } from '../../../accounts/roles.ts';
import type { User } from '../../../accounts/users.ts';
import { call, look, Problem, refresh } from '../../api/client.ts';
import type { Wire } from '../../api/wire.ts';
import { useSession, type Role } from '../../frame/session.ts';
import { t } from '../../messages/text.ts';
import { Ago } from '../../parts/ago.tsx';
import { Ask } from '../../parts/ask.tsx';
import { Copy } from '../../parts/copy.tsx';
import { Failure, Loading } from '../../parts/states.tsx';
import { act } from '../../parts/tell.ts';

const choices = roles.map((role) => ({ value: role, label: t(`frame.role-${role}`) })).reverse();

export function People(): ReactNode {
  const { user: me } = useSession();
  const [link, setLink] = useState<string>();
  const users = useQuery(look<{ items: Wire<User>[] }>('/users'));
  if (users.isPending) return <Loading />;
  if (users.error) return <Failure error={users.error} retry={() => void users.refetch()} />;
  const send = (method: string, path: string, body?: unknown): Promise<boolean> =>
    act(async () => {
      const answer = await call<{ link?: string } | undefined>(method, path, body);
      if (answer?.link) setLink(answer.link);
      await refresh('/users');
    });
  return (
    <Stack>
      <Invite onInvited={setLink} />
      <Table.ScrollContainer minWidth={680} className="card">
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('settings.person')}</Table.Th>
              <Table.Th>{t('settings.role')}</Table.Th>
              <Table.Th>{t('settings.last-seen')}</Table.Th>
              <Table.Th>{t('settings.may-sign-in')}</Table.Th>
              <Table.Th />
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {users.data.items.map((user) => (
              <Table.Tr key={user.id}>
                <Table.Td>
                  <Text size="sm" fw={600}>
                    {user.name}{' '}
                    {user.id === me.id && (
                      <Badge size="xs" variant="outline">
                        {t('settings.you')}
                      </Badge>
                    )}
                  </Text>
                  <Text size="xs" c="dimmed">
                    {user.email}
                  </Text>
                </Table.Td>
                <Table.Td>
                  <Select
                    aria-label={t('settings.role-of', { name: user.name })}
                    data={choices}
                    value={user.role}
                    allowDeselect={false}
                    w={180}
                    onChange={(role) => role && void send('PUT', `/users/${user.id}`, { role })}
                  />
                </Table.Td>
                <Table.Td>{user.lastSeenAt ? <Ago time={user.lastSeenAt} /> : t('settings.never')}</Table.Td>
                <Table.Td>
                  <Switch
                    aria-label={t('settings.may-sign-in-who', { name: user.name })}
                    checked={!user.disabled}
                    onChange={(event) =>
                      void send('PUT', `/users/${user.id}`, { disabled: !event.currentTarget.checked })
                    }
                  />
                </Table.Td>
                <Table.Td>
                  <Group gap="xs" wrap="nowrap" justify="flex-end">
                    <Button
                      size="xs"
                      variant="default"
                      onClick={() => void send('POST', `/users/${user.id}/link`)}
                    >
                      {t('settings.new-password')}
                    </Button>
                    <Ask
                      action={t('settings.remove')}
                      title={t('settings.remove-title', { name: user.name })}
                      text={t('settings.remove-text')}
                      onYes={() => send('DELETE', `/users/${user.id}`)}
                    />
                  </Group>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      <Modal
        opened={link !== undefined}
        onClose={() => setLink(undefined)}
        title={t('settings.link-title')}
        closeButtonProps={{ 'aria-label': t('frame.close') }}
      >
        <Stack>
          <Text size="sm">{t('settings.link-text')}</Text>
          <Group gap={4} wrap="nowrap">
            <Code style={{ overflowWrap: 'anywhere' }}>{link}</Code>
            <Copy value={link ?? ''} />
          </Group>
        </Stack>
      </Modal>
    </Stack>
  );
}

function Invite({ onInvited }: { onInvited: (link: string) => void }): ReactNode {
  const [wrong, setWrong] = useState<Record<string, string>>({});
  const [role, setRole] = useState<Role>('merchandiser');
  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const form = event.currentTarget;
    const body = { ...Object.fromEntries(new FormData(form)), role };
    setWrong({});
    await act(async () => {
      try {
        const { link } = await call<{ link: string }>('POST', '/users', body);
        form.reset();
        onInvited(link);
        await refresh('/users');
      } catch (error) {
        if (error instanceof Problem) setWrong(error.fields);
        throw error;
      }
    });
  };
  return (
    <form onSubmit={(event) => void submit(event)}>
      <Group className="card" p="md" align="flex-end">
        <TextInput
          name="name"
          label={t('settings.name-of-person')}
          error={wrong['name']}
          required
          style={{ flex: 1, minWidth: 160 }}
        />
        <TextInput
          name="email"
          type="email"
          label={t('sign-in.email')}
          error={wrong['email']}
          required
          style={{ flex: 1, minWidth: 200 }}
        />
        <Select
          label={t('settings.role')}
          data={choices}
          value={role}
          onChange={(value) => setRole(value as Role)}
          allowDeselect={false}
          w={190}
        />
        <Button type="submit">{t('settings.invite')}</Button>
      </Group>
    </form>
  );
}
