import { Avatar, Menu, UnstyledButton, useMantineColorScheme, VisuallyHidden } from '@mantine/core';
import {
  IconDeviceDesktop,
  IconDevices,
  IconLanguage,
  IconLogout,
  IconMoon,
  IconSun,
} from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { call } from '../api/client.ts';
import { chooseLanguage, language, languages, t, type Language } from '../messages/text.ts';
import { useSession } from './session.ts';

const schemes = [
  ['light', IconSun],
  ['dark', IconMoon],
  ['auto', IconDeviceDesktop],
] as const;

export function UserMenu(): ReactNode {
  const { user } = useSession();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const signOut = async (path: string): Promise<void> => {
    await call('DELETE', path);
    location.assign('/sign-in');
  };
  return (
    <Menu position="bottom-end" width={220}>
      <Menu.Target>
        <UnstyledButton>
          <Avatar name={user.name} size="sm" variant="default" aria-hidden />
          <VisuallyHidden>{t('frame.user-menu', { name: user.name })}</VisuallyHidden>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t(`frame.role-${user.role}`)}</Menu.Label>
        {schemes.map(([scheme, Sign]) => (
          <Menu.Item
            key={scheme}
            leftSection={<Sign size={16} />}
            onClick={() => setColorScheme(scheme)}
            aria-current={colorScheme === scheme}
          >
            {t(`frame.scheme-${scheme}`)}
          </Menu.Item>
        ))}
        <Menu.Divider />
        {Object.entries(languages).map(([code, name]) => (
          <Menu.Item
            key={code}
            lang={code}
            leftSection={<IconLanguage size={16} />}
            disabled={code === language}
            onClick={() => chooseLanguage(code as Language)}
          >
            {name}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => void signOut('/session')}>
          {t('frame.sign-out')}
        </Menu.Item>
        <Menu.Item
          leftSection={<IconDevices size={16} />}
          onClick={() => void signOut('/session/everywhere')}
        >
          {t('frame.sign-out-everywhere')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
