/** Tokens for machines: made with scopes, shown once. */
import { Button, Chip, Code, Group, Modal, Select, Stack, Table, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactNode } from 'react';
import { scopes, type Scope } from '../../../accounts/roles.ts';
import type { Token } from '../../../accounts/tokens.ts';
import { call, look, refresh } from '../../api/client.ts';
import type { Wire } from '../../api/wire.ts';
import { showTime, t } from '../../messages/text.ts';
import { Ago } from '../../parts/ago.tsx';
import { Ask } from '../../parts/ask.tsx';
import { Copy } from '../../parts/copy.tsx';
import { Failure, Loading, Nothing } from '../../parts/states.tsx';
import { act } from '../../parts/tell.ts';

export function Tokens(): ReactNode {
  const [secret, setSecret] = useState<string>();
  const tokens = useQuery(look<{ items: Wire<Token>[] }>('/tokens'));
  if (tokens.isPending) return <Loading />;
  if (tokens.error) return <Failure error={tokens.error} retry={() => void tokens.refetch()} />;
  const remove = (id: string): Promise<boolean> =>
    act(async () => {
      await call('DELETE', `/tokens/${id}`);
      await refresh('/tokens');
    }, t('settings.token-ended'));
  return (
    <Stack>
      <MakeToken onMade={setSecret} />
      {tokens.data.items.length === 0 ? (
        <Nothing title={t('settings.no-tokens')} text={t('settings.no-tokens-text')} />
      ) : (
        <Table.ScrollContainer minWidth={640} className="card">
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t('settings.token')}</Table.Th>
                <Table.Th>{t('settings.scopes')}</Table.Th>
                <Table.Th>{t('settings.last-used')}</Table.Th>
                <Table.Th>{t('settings.until')}</Table.Th>
                <Table.Th />
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {tokens.data.items.map((token) => (
                <Table.Tr key={token.id}>
                  <Table.Td>
                    <Text size="sm" fw={600}>
                      {token.name}
                    </Text>
                    <Text size="xs" c="dimmed">
                      {t('settings.made-by', { name: token.createdBy })}
                    </Text>
                  </Table.Td>
                  <Table.Td>{token.scopes.map((scope) => t(`settings.scope-${scope}`)).join(', ')}</Table.Td>
                  <Table.Td>
                    {token.lastUsedAt ? <Ago time={token.lastUsedAt} /> : t('settings.never')}
                  </Table.Td>
                  <Table.Td>{token.until ? showTime(token.until) : '–'}</Table.Td>
                  <Table.Td ta="right">
                    <Ask
                      action={t('settings.end-token')}
                      title={t('settings.end-token-title', { name: token.name })}
                      text={t('settings.end-token-text')}
                      onYes={() => remove(token.id)}
                    />
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      <Modal
        opened={secret !== undefined}
        onClose={() => setSecret(undefined)}
        title={t('settings.token-made')}
        closeButtonProps={{ 'aria-label': t('frame.close') }}
      >
        <Stack>
          <Text size="sm">{t('settings.token-once')}</Text>
          <Group gap={4} wrap="nowrap">
            <Code style={{ overflowWrap: 'anywhere' }}>{secret}</Code>
            <Copy value={secret ?? ''} />
          </Group>
        </Stack>
      </Modal>
    </Stack>
  );
}

const ends = ['', '30', '90', '365'] as const;

function MakeToken({ onMade }: { onMade: (secret: string) => void }): ReactNode {
  const [name, setName] = useState('');
  const [chosen, setChosen] = useState<Scope[]>(['read']);
  const [days, setDays] = useState<string>('90');
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    await act(async () => {
      const body = { name, scopes: chosen, ...(days ? { days: Number(days) } : {}) };
      const { secret } = await call<{ secret: string }>('POST', '/tokens', body);
      setName('');
      onMade(secret);
      await refresh('/tokens');
    });
  };
  return (
    <form onSubmit={(event) => void submit(event)}>
      <Stack className="card" p="md" gap="sm">
        <Group align="flex-end">
          <TextInput
            label={t('settings.token-for')}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            required
            style={{ flex: 1, minWidth: 180 }}
            placeholder="ERP"
          />
          <Select
            label={t('settings.token-days')}
            data={ends.map((value) => ({
              value,
              label: value ? t('settings.days', { count: Number(value) }) : t('settings.no-end'),
            }))}
            value={days}
            onChange={(value) => setDays(value ?? '')}
            allowDeselect={false}
            w={160}
          />
          <Button type="submit" disabled={chosen.length === 0}>
            {t('settings.make-token')}
          </Button>
        </Group>
        <Chip.Group multiple value={chosen} onChange={(value) => setChosen(value as Scope[])}>
          <Group gap="xs" role="group" aria-label={t('settings.scopes')}>
            {scopes.map((scope) => (
              <Chip key={scope} value={scope} variant="outline">
                {t(`settings.scope-${scope}`)}
              </Chip>
            ))}
          </Group>
        </Chip.Group>
      </Stack>
    </form>
  );
}
