/** The form of a channel's own options, tried live before it is kept. */
import {
  Accordion,
  Alert,
  Button,
  Group,
  Modal,
  PasswordInput,
  Select,
  Stack,
  Switch,
  Textarea,
  TextInput,
} from '@mantine/core';
import { IconAlertTriangle, IconCircleCheck } from '@tabler/icons-react';
import { useState, type ReactNode } from 'react';
import type { FormField } from '../../../web/channels.ts';
import { call, Problem, refresh } from '../../api/client.ts';
import { t } from '../../messages/text.ts';
import { tell } from '../../parts/tell.ts';
import type { ChannelKind } from './channels.tsx';

interface ConnectProps {
  kind: ChannelKind;
  settings: Record<string, unknown>;
  catalogId: string;
  onClose: () => void;
}
type Values = Record<string, string>;

const toText = (value: unknown): string =>
  value === undefined || value === null
    ? ''
    : typeof value === 'object'
      ? JSON.stringify(value)
      : String(value);

/** As the schema wants it; what is empty is left out, so that its default holds. */
function toBody(fields: FormField[], values: Values): Record<string, unknown> {
  const filled = fields.filter(({ name }) => (values[name] ?? '').trim() !== '');
  return Object.fromEntries(
    filled.map(({ name, type }) => [name, toValue(type, (values[name] ?? '').trim())]),
  );
}
function toValue(type: string, text: string): unknown {
  if (type === 'boolean') return text === 'true';
  if (type === 'number' || type === 'integer') return Number(text);
  return type === 'object' || type === 'array' ? (JSON.parse(text) as unknown) : text;
}

export function ConnectForm({ kind, settings, catalogId, onClose }: ConnectProps): ReactNode {
  const [values, setValues] = useState<Values>(() =>
    Object.fromEntries(
      kind.fields.map(({ name, default: standard }) => [name, toText(settings[name] ?? standard)]),
    ),
  );
  const [tested, setTested] = useState<{ name: string }>();
  const [problem, setProblem] = useState<Problem>();
  const [busy, setBusy] = useState<'test' | 'keep'>();
  const at = `/catalogs/${catalogId}/channels/${kind.id}`;

  const send = async (how: 'test' | 'keep'): Promise<void> => {
    setBusy(how);
    setProblem(undefined);
    setTested(undefined);
    try {
      const body = toBody(kind.fields, values);
      const found = await call<{ name: string }>(
        how === 'test' ? 'POST' : 'PUT',
        how === 'test' ? `${at}/test` : at,
        body,
      );
      setTested(found);
      if (how === 'keep') {
        await refresh(`/catalogs/${catalogId}`, '/catalogs');
        tell(t('channels.connected-to', { name: found.name }));
        onClose();
      }
    } catch (error) {
      setProblem(error instanceof Problem ? error : new Problem(0, { detail: String(error) }, null));
    } finally {
      setBusy(undefined);
    }
  };
  const set = (name: string, value: string): void => {
    setValues({ ...values, [name]: value });
    setTested(undefined);
  };
  const draw = (field: FormField): ReactNode => (
    <OneField
      key={field.name}
      field={field}
      value={values[field.name] ?? ''}
      error={problem?.fields[field.name]}
      onChange={(value) => set(field.name, value)}
    />
  );
  const main = kind.fields.filter(({ required, secret }) => required || secret);
  const more = kind.fields.filter((field) => !main.includes(field));
  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      title={t('channels.connect-title', { channel: kind.title })}
      closeButtonProps={{ 'aria-label': t('frame.close') }}
    >
      <form onSubmit={(event) => (event.preventDefault(), void send('keep'))}>
        <Stack>
          {main.map(draw)}
          {more.length > 0 && (
            <Accordion variant="contained">
              <Accordion.Item value="more">
                <Accordion.Control>{t('channels.more-fields')}</Accordion.Control>
                <Accordion.Panel>
                  <Stack>{more.map(draw)}</Stack>
                </Accordion.Panel>
              </Accordion.Item>
            </Accordion>
          )}
          <div aria-live="polite">
            {tested && (
              <Alert
                color="teal"
                variant="light"
                icon={<IconCircleCheck />}
                title={t('channels.test-good', { name: tested.name })}
              />
            )}
            {problem && (
              <Alert color="red" variant="light" icon={<IconAlertTriangle />} title={problem.message}>
                {problem.hint}
              </Alert>
            )}
          </div>
          <Group justify="flex-end">
            <Button variant="default" loading={busy === 'test'} onClick={() => void send('test')}>
              {t('channels.test')}
            </Button>
            <Button type="submit" loading={busy === 'keep'}>
              {t('channels.keep')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

interface OneFieldProps {
  field: FormField;
  value: string;
  error: string | undefined;
  onChange: (value: string) => void;
}

function OneField({ field, value, error, onChange }: OneFieldProps): ReactNode {
  const { name, description, required, secret, type, choices } = field;
  const common = {
    label: name,
    description: description === name ? undefined : description,
    error,
    required,
  };
  if (choices)
    return (
      <Select
        {...common}
        data={choices}
        value={value || null}
        onChange={(chosen) => onChange(chosen ?? '')}
        clearable={!required}
      />
    );
  if (type === 'boolean')
    return (
      <Switch
        label={name}
        description={common.description}
        checked={value === 'true'}
        onChange={(event) => onChange(String(event.currentTarget.checked))}
      />
    );
  if (secret && type === 'string')
    return (
      <PasswordInput
        {...common}
        value={value}
        autoComplete="off"
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    );
  if (type === 'object' || type === 'array')
    return (
      <Textarea
        {...common}
        value={value}
        autosize
        minRows={2}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    );
  return (
    <TextInput
      {...common}
      value={value}
      autoComplete="off"
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}
