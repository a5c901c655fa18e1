/** Settings: the catalog, people, tokens, alerts, backups, what was done. */
import { Tabs } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useMay } from '../../frame/session.ts';
import { useCatalogId } from '../../frame/shell.tsx';
import { t } from '../../messages/text.ts';
import { Page } from '../../parts/page.tsx';
import { Alerts } from './alerts.tsx';
import { Audit } from './audit.tsx';
import { Backups } from './backups.tsx';
import { CatalogSettings } from './catalog-settings.tsx';
import { OwnPassword } from './own-password.tsx';
import { People } from './people.tsx';
import { settingsTabs, type SettingsTab } from './tabs.ts';
import { Tokens } from './tokens.tsx';

const panels: Record<SettingsTab, () => ReactNode> = {
  catalog: CatalogSettings,
  people: People,
  tokens: Tokens,
  alerts: Alerts,
  backups: Backups,
  audit: Audit,
  password: OwnPassword,
};
/** The rest is for owners. */
const forAll: readonly SettingsTab[] = ['catalog', 'password'];

export function Settings(): ReactNode {
  const catalogId = useCatalogId();
  const navigate = useNavigate();
  const isOwner = useMay('owner');
  const { tab = 'catalog' } = useSearch({ from: '/inside/c/$catalogId/settings' });
  const shown = settingsTabs.filter((one) => isOwner || forAll.includes(one));
  const Panel = panels[shown.includes(tab) ? tab : 'catalog'];
  return (
    <Page title={t('settings.menu')}>
      <Tabs
        value={tab}
        onChange={(next) =>
          void navigate({
            to: '/c/$catalogId/settings',
            params: { catalogId },
            search: { tab: next as SettingsTab },
          })
        }
      >
        <Tabs.List>
          {shown.map((one) => (
            <Tabs.Tab key={one} value={one}>
              {t(`settings.tab-${one}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value={tab} pt="md">
          <Panel />
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}
