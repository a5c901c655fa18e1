/** What a catalog is: for its settings, and for the first one. */
import { Button, Group, NumberInput, Select, SimpleGrid, Stack, TextInput } from '@mantine/core';
import { useState, type FormEvent, type ReactNode } from 'react';
import { Problem } from '../../api/client.ts';
import { language, t } from '../../messages/text.ts';
import { tellFailure } from '../../parts/tell.ts';

export interface CatalogFields {
  name: string;
  shopUrl: string;
  currency: string;
  country: string;
  language: string;
  timeZone: string;
  defaultBrand?: string | undefined;
  removalGuard: number;
}

const regions = new Intl.DisplayNames(language, { type: 'region' });
const currencies = new Intl.DisplayNames(language, { type: 'currency' });
const tongues = new Intl.DisplayNames(language, { type: 'language' });
/** Two-letter codes that Intl knows a name for. */
const countries = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']
  .flatMap((a) => [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'].map((b) => a + b))
  .filter((code) => !/^(X[A-Z]|Q[A-Z]|ZZ|EU|EZ|UN)$/.test(code) && regions.of(code) !== code)
  .map((code) => ({ value: code, label: `${regions.of(code)} (${code})` }))
  .sort((a, b) => a.label.localeCompare(b.label, language));
const money = Intl.supportedValuesOf('currency').map((code) => ({
  value: code,
  label: `${code} · ${currencies.of(code)}`,
}));
const languages = ['en', 'de', 'fr', 'es', 'it', 'nl', 'pl', 'pt', 'sv', 'da', 'fi', 'cs', 'tr', 'ja'].map(
  (code) => ({
    value: code,
    label: `${tongues.of(code)} (${code})`,
  }),
);
const zones = ['UTC', ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC')];

export interface CatalogFormProps {
  start: CatalogFields;
  action: string;
  readOnly?: boolean;
  onSave: (fields: CatalogFields) => Promise<void>;
}

export function CatalogForm({ start, action, readOnly = false, onSave }: CatalogFormProps): ReactNode {
  const [fields, setFields] = useState(start);
  const [wrong, setWrong] = useState<Record<string, string>>({});
  const [busy, setBusy] = useState(false);
  const set = (change: Partial<CatalogFields>): void => setFields({ ...fields, ...change });
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setWrong({});
    try {
      await onSave({ ...fields, defaultBrand: fields.defaultBrand || undefined });
    } catch (error) {
      if (error instanceof Problem && Object.keys(error.fields).length > 0) setWrong(error.fields);
      else tellFailure(error);
    } finally {
      setBusy(false);
    }
  };
  const text = (name: 'name' | 'shopUrl' | 'defaultBrand') => ({
    value: fields[name] ?? '',
    onChange: (event: { currentTarget: { value: string } }) => set({ [name]: event.currentTarget.value }),
    error: wrong[name],
    label: t(`settings.${name}`),
    disabled: readOnly,
  });
  const choice = (name: 'currency' | 'country' | 'language' | 'timeZone') => ({
    value: fields[name],
    onChange: (value: string | null) => value && set({ [name]: value }),
    error: wrong[name],
    label: t(`settings.${name}`),
    searchable: true,
    limit: 60,
    allowDeselect: false,
    disabled: readOnly,
  });
  return (
    <form onSubmit={(event) => void submit(event)}>
      <Stack>
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <TextInput {...text('name')} required />
          <TextInput {...text('shopUrl')} type="url" required placeholder="https://shop.example" />
          <Select {...choice('currency')} data={money} description={t('settings.currency-hint')} />
          <Select {...choice('country')} data={countries} description={t('settings.country-hint')} />
          <Select {...choice('language')} data={languages} description={t('settings.language-hint')} />
          <Select {...choice('timeZone')} data={zones} description={t('settings.timeZone-hint')} />
          <TextInput {...text('defaultBrand')} description={t('settings.defaultBrand-hint')} />
          <NumberInput
            label={t('settings.removalGuard')}
            description={t('settings.removalGuard-hint')}
            value={Math.round(fields.removalGuard * 100)}
            onChange={(value) => set({ removalGuard: Number(value) / 100 })}
            min={0}
            max={100}
            suffix=" %"
            disabled={readOnly}
            error={wrong['removalGuard']}
          />
        </SimpleGrid>
        {!readOnly && (
          <Group justify="flex-end">
            <Button type="submit" loading={busy}>
              {action}
            </Button>
          </Group>
        )}
      </Stack>
    </form>
  );
}
