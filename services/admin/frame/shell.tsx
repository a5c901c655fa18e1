/** The frame around every page of a catalog: menu at the left, what is running and who I am on top. */
import {
  ActionIcon,
  AppShell,
  Burger,
  Group,
  NavLink,
  ScrollArea,
  Select,
  Text,
  Tooltip,
} from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconKeyboard } from '@tabler/icons-react';
import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { Link, Outlet, useLocation, useNavigate, useParams } from '@tanstack/react-router';
import { useEffect, type ReactNode } from 'react';
import type { Catalog } from '../../../catalog/catalog.ts';
import { look } from '../api/client.ts';
import type { Wire } from '../api/wire.ts';
import { showNumber, t } from '../messages/text.ts';
import { isWriting, useMenuKeys } from './keys.ts';
import { KeyList } from './key-list.tsx';
import { menu, type MenuLine } from './menu.ts';
import { Search } from './search.tsx';
import { UserMenu } from './user-menu.tsx';

export const catalogsQuery = look<{ items: Wire<Catalog>[] }>('/catalogs');

/** The catalog of the address. */
export const useCatalogId = (): string => useParams({ strict: false }).catalogId ?? '';
export function useCatalog(): Wire<Catalog> | undefined {
  const id = useCatalogId();
  return useSuspenseQuery(catalogsQuery).data.items.find((one) => one.id === id);
}

export function Shell(): ReactNode {
  const catalogId = useCatalogId();
  const [opened, { toggle, close }] = useDisclosure(false);
  const [keysShown, keys] = useDisclosure(false);
  const { pathname } = useLocation();
  useMenuKeys(catalogId);
  useEffect(close, [pathname, close]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === '?' && !isWriting(event.target)) keys.open();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [keys]);
  return (
    <AppShell
      header={{ height: 52 }}
      navbar={{ width: 216, breakpoint: 'sm', collapsed: { mobile: !opened } }}
      padding={{ base: 'sm', sm: 'lg' }}
    >
      <a className="skip" href="#main">
        {t('frame.skip')}
      </a>
      <AppShell.Header bg="var(--card)">
        <Group h="100%" px="md" justify="space-between" wrap="nowrap" gap="xs">
          <Group gap="xs" wrap="nowrap">
            <Burger opened={opened} onClick={toggle} hiddenFrom="sm" size="sm" aria-label={t('frame.menu')} />
            <img src="/icon.svg" width="24" height="24" alt="" />
            <Text fw={650} visibleFrom="xs">
              Shelfcast
            </Text>
          </Group>
          <Group gap="xs" wrap="nowrap">
            <Search catalogId={catalogId} />
            <Tooltip label={t('frame.keys')}>
              <ActionIcon
                variant="subtle"
                color="gray"
                onClick={keys.open}
                aria-label={t('frame.keys')}
                visibleFrom="sm"
              >
                <IconKeyboard size={20} />
              </ActionIcon>
            </Tooltip>
            <UserMenu />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" bg="var(--card)" aria-label={t('frame.menu')}>
        <CatalogSwitcher />
        <AppShell.Section grow component={ScrollArea} mt="xs">
          {menu.map((line) => (
            <MenuLink
              key={line.to}
              line={line}
              catalogId={catalogId}
              active={pathname.startsWith(`/c/${catalogId}${line.to}`)}
            />
          ))}
        </AppShell.Section>
      </AppShell.Navbar>
      <AppShell.Main id="main" tabIndex={-1} style={{ outline: 'none' }}>
        <Outlet />
      </AppShell.Main>
      <KeyList opened={keysShown} onClose={keys.close} />
    </AppShell>
  );
}

function MenuLink({
  line,
  catalogId,
  active,
}: {
  line: MenuLine;
  catalogId: string;
  active: boolean;
}): ReactNode {
  const issues = useQuery({
    ...look<{ items: { items: number }[] }>(`/catalogs/${catalogId}/problems`),
    enabled: line.count === 'issues',
  });
  const count = line.count ? (issues.data?.items.filter(({ items }) => items > 0).length ?? 0) : 0;
  return (
    <NavLink
      component={Link}
      to={`/c/${catalogId}${line.to}`}
      label={t(line.title)}
      leftSection={<line.icon size={18} aria-hidden />}
      rightSection={count > 0 ? <Text size="xs">{showNumber(count)}</Text> : undefined}
      active={active}
      aria-current={active ? 'page' : undefined}
      variant="light"
      style={{ borderRadius: 8 }}
    />
  );
}

function CatalogSwitcher(): ReactNode {
  const catalogId = useCatalogId();
  const navigate = useNavigate();
  const { data } = useSuspenseQuery(catalogsQuery);
  return (
    <Select
      aria-label={t('frame.catalog')}
      data={data.items.map(({ id, name }) => ({ value: id, label: name }))}
      value={catalogId}
      allowDeselect={false}
      onChange={(id) => id && void navigate({ to: `/c/${id}/home` })}
    />
  );
}
