/** The form of a channel's or source's own options: a label, where to find it, and a field of the fitting kind. */
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
  Text,
  Textarea,
  TextInput,
} from '@mantine/core';
import { IconAlertTriangle, IconCircleCheck } from '@tabler/icons-react';
import { useState, type FormEvent, type ReactNode } from 'react';
import type { FormField } from '../../web/channels.ts';
import { Problem } from '../api/client.ts';
import { isMessage, sayInstead, t } from '../messages/text.ts';
import { keptByItself } from './kept-options.ts';

interface OptionsProps {
  /** Whose options they are: the id of a channel or source. */
  of: string;
  title: string;
  fields: FormField[];
  /** What is kept so far, without secrets. */
  settings?: Record<string, unknown>;
  /** Above the options. */
  first?: ReactNode;
  action: string;
  /** Tries the options without keeping them; answers what they open. */
  onTest?: (options: Record<string, unknown>) => Promise<string>;
  /** Keeps them; closing is its own. */
  onKeep: (options: Record<string, unknown>) => Promise<void>;
  onClose: () => void;
}
type Values = Record<string, string>;

/** What was kept by itself belongs to the credentials before, and is not sent with new ones. */
export const isShown = (of: string, { name }: Pick<FormField, 'name'>): boolean =>
  !keptByItself.has(name) && !keptByItself.has(`${of}.${name}`);
/** Pasted with their line breaks. */
const manyLines = new Set(['serviceAccountKey', 'privateKey']);

/** The words for an option; `baseUrl` is the same everywhere. */
export function optionName(of: string, name: string): string {
  return sayInstead(`option.${of}.${name}`, sayInstead(`option.${name}`, name));
}
function optionHelp(of: string, name: string): string | undefined {
  const key = [`option.${of}.${name}.help`, `option.${name}.help`].find(isMessage);
  return key && isMessage(key) ? t(key) : undefined;
}
export const choiceName = (of: string, name: string, choice: string): string =>
  sayInstead(`option.${of}.${name}.${choice}`, choice);

/** An object is written as lines: `custom.fabric = material`. */
function toText(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'object') return String(value);
  return Object.entries(value)
    .map(([key, one]) => `${key} = ${String(one)}`)
    .join('\n');
}
function toObject(text: string): Record<string, string> {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return Object.fromEntries(
    lines.map((line) => {
      const at = line.indexOf('=');
      return at < 0 ? [line.trim(), ''] : [line.slice(0, at).trim(), line.slice(at + 1).trim()];
    }),
  );
}

/** As the schema wants it; what is empty is left out, so that its default holds. */
function toOptions(fields: FormField[], values: Values): Record<string, unknown> {
  const filled = fields.filter(({ name }) => (values[name] ?? '').trim() !== '');
  return Object.fromEntries(
    filled.map(({ name, type }) => [name, toValue(type, (values[name] ?? '').trim())]),
  );
}
function toValue(type: string, text: string): unknown {
  if (type === 'boolean') return text === 'true';
  if (type === 'number' || type === 'integer') return Number(text);
  return type === 'object' ? toObject(text) : text;
}

export function OptionsForm(props: OptionsProps): ReactNode {
  const { of, title, settings = {}, first, action, onTest, onKeep, onClose } = props;
  const fields = props.fields.filter((field) => isShown(of, field));
  const [values, setValues] = useState<Values>(() =>
    Object.fromEntries(
      fields.map(({ name, default: standard }) => [name, toText(settings[name] ?? standard)]),
    ),
  );
  const [found, setFound] = useState<string>();
  const [problem, setProblem] = useState<Problem>();
  const [busy, setBusy] = useState<'test' | 'keep'>();

  const attempt = async (how: 'test' | 'keep'): Promise<void> => {
    setBusy(how);
    setProblem(undefined);
    setFound(undefined);
    try {
      const options = toOptions(fields, values);
      if (how === 'keep') await onKeep(options);
      else setFound(await onTest?.(options));
    } catch (error) {
      setProblem(error instanceof Problem ? error : new Problem(0, { detail: String(error) }, null));
    } finally {
      setBusy(undefined);
    }
  };
  const draw = (field: FormField): ReactNode => (
    <OneOption
      key={field.name}
      of={of}
      field={field}
      value={values[field.name] ?? ''}
      error={errorOf(field.name, problem)}
      onChange={(value) => {
        setValues((all) => ({ ...all, [field.name]: value }));
        setFound(undefined);
      }}
    />
  );
  /** What stands beside the fields already is not said twice. */
  const say = (refusal: Problem): string =>
    Object.keys(refusal.fields).length > 0 && fields.some(({ name }) => errorOf(name, refusal))
      ? t('channels.look-at-fields')
      : refusal.message;
  const main = fields.filter(({ required, secret }) => required || secret);
  const more = fields.filter((field) => !main.includes(field));
  const isKnown = Object.keys(settings).length > 0 && fields.some(({ secret }) => secret);
  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      title={title}
      closeButtonProps={{ 'aria-label': t('frame.close') }}
    >
      <form onSubmit={(event: FormEvent) => (event.preventDefault(), void attempt('keep'))}>
        <Stack>
          {first}
          {isKnown && (
            <Text size="sm" c="dimmed">
              {t('channels.secrets-again')}
            </Text>
          )}
          {main.map(draw)}
          {more.length > 0 && (
            <Accordion
              variant="contained"
              defaultValue={more.some(({ name }) => errorOf(name, problem)) ? 'more' : null}
            >
              <Accordion.Item value="more">
                <Accordion.Control>{t('channels.more-fields')}</Accordion.Control>
                <Accordion.Panel>
                  <Stack>{more.map(draw)}</Stack>
                </Accordion.Panel>
              </Accordion.Item>
            </Accordion>
          )}
          <div aria-live="polite">
            {found !== undefined && (
              <Alert
                color="teal"
                variant="light"
                icon={<IconCircleCheck />}
                title={t('channels.test-good', { name: found })}
              />
            )}
            {problem && (
              <Alert color="red" variant="light" icon={<IconAlertTriangle />} title={say(problem)}>
                {problem.hint}
              </Alert>
            )}
          </div>
          <Group justify="flex-end">
            {onTest && (
              <Button variant="default" loading={busy === 'test'} onClick={() => void attempt('test')}>
                {t('channels.test')}
              </Button>
            )}
            <Button type="submit" loading={busy === 'keep'}>
              {action}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

/** The service names a field by its path, in the options or below them. */
function errorOf(name: string, problem: Problem | undefined): string | undefined {
  const paths = Object.entries(problem?.fields ?? {});
  return paths.find(([path]) => path.replace(/^options\./, '').split('.')[0] === name)?.[1];
}

interface OneOptionProps {
  of: string;
  field: FormField;
  value: string;
  error: string | undefined;
  onChange: (value: string) => void;
}

function OneOption({ of, field, value, error, onChange }: OneOptionProps): ReactNode {
  const { name, required, secret, type, choices } = field;
  const common = { name, label: optionName(of, name), description: optionHelp(of, name), error };
  const text = {
    ...common,
    required,
    value,
    autoComplete: 'off',
    onChange: (event: { currentTarget: { value: string } }) => onChange(event.currentTarget.value),
  };
  if (choices)
    return (
      <Select
        {...common}
        required={required}
        data={choices.map((choice) => ({ value: choice, label: choiceName(of, name, choice) }))}
        value={value || null}
        onChange={(chosen) => onChange(chosen ?? '')}
        allowDeselect={false}
      />
    );
  if (type === 'boolean')
    return (
      <Switch
        {...common}
        checked={value === 'true'}
        onChange={(event) => onChange(String(event.currentTarget.checked))}
      />
    );
  if (type === 'object' || manyLines.has(name))
    return <Textarea {...text} autosize minRows={2} maxRows={8} spellCheck={false} />;
  if (secret) return <PasswordInput {...text} autoComplete="new-password" />;
  return <TextInput {...text} />;
}
