/** A shop is connected by installing our app in it: its owner agrees there, and no token is pasted. */
import { Button, Divider, Group, TextInput } from '@mantine/core';
import { IconExternalLink } from '@tabler/icons-react';
import { useState, type ReactNode } from 'react';
import { call } from '../../api/client.ts';
import { t } from '../../messages/text.ts';
import { act } from '../../parts/tell.ts';

export function InstallApp({ catalogId, source }: { catalogId: string; source: string }): ReactNode {
  const [shop, setShop] = useState('');
  const [isBusy, setBusy] = useState(false);
  const install = async (): Promise<void> => {
    setBusy(true);
    const isGone = await act(async () => {
      const begun = { source, shop: shop.trim() };
      const { url } = await call<{ url: string }>(
        'POST',
        `/catalogs/${catalogId}/source/installations`,
        begun,
      );
      location.assign(url);
    });
    if (!isGone) setBusy(false);
  };
  return (
    <>
      <Group align="end" gap="sm">
        <TextInput
          flex={1}
          miw={220}
          label={t('imports.install-shop')}
          description={t('imports.install-help')}
          placeholder="shop.myshopify.com"
          value={shop}
          onChange={(event) => setShop(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter') return;
            // it stands in the form of the token, which is not meant
            event.preventDefault();
            if (shop.trim()) void install();
          }}
        />
        <Button
          leftSection={<IconExternalLink size={16} />}
          loading={isBusy}
          disabled={!shop.trim()}
          onClick={() => void install()}
        >
          {t('imports.install')}
        </Button>
      </Group>
      <Divider label={t('imports.install-or')} />
    </>
  );
}
