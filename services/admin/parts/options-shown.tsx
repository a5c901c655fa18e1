/** What a channel or source is connected with, by the names of its form; no secrets, and nothing that only tests set. */
import { Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import type { FormField } from '../../web/channels.ts';
import { choiceName, isShown, optionName } from './options-form.tsx';

export function OptionsShown(props: {
  of: string;
  fields: FormField[];
  settings: Record<string, unknown>;
}): ReactNode {
  const { of, fields, settings } = props;
  const shown = fields.filter(
    (field) =>
      isShown(of, field) &&
      !field.secret &&
      settings[field.name] !== undefined &&
      settings[field.name] !== field.default &&
      typeof settings[field.name] !== 'object' &&
      !ofTests.has(field.name),
  );
  if (shown.length === 0) return null;
  return (
    <Stack gap={2}>
      {shown.map(({ name }) => (
        <Text size="sm" key={name} style={{ overflowWrap: 'anywhere' }}>
          <Text span c="dimmed" size="sm">
            {optionName(of, name)}:{' '}
          </Text>
          {choiceName(of, name, String(settings[name]))}
        </Text>
      ))}
    </Stack>
  );
}
const ofTests = new Set(['baseUrl', 'signInUrl']);
