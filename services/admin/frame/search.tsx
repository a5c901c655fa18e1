/** Search over everything, and commands: on `/` or Ctrl K. Typing never waits for an answer. */
import {
  Button,
  Combobox,
  Group,
  InputBase,
  Kbd,
  Modal,
  ScrollArea,
  Text,
  useCombobox,
  ActionIcon,
} from '@mantine/core';
import { useDebouncedValue, useDisclosure } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { IconSearch } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useState, type ReactNode } from 'react';
import type { CardView } from '../../web/cards.ts';
import { call, look } from '../api/client.ts';
import type { Wire } from '../api/wire.ts';
import { t, type MessageKey } from '../messages/text.ts';
import { problemTitle } from '../parts/fields.ts';
import { Picture } from '../parts/picture.tsx';
import { isWriting } from './keys.ts';
import { menu } from './menu.ts';
import { useMay } from './session.ts';

interface Found {
  cards: Wire<CardView>[];
  problems: { code: string; field?: string; message: string }[];
}
const typedAfterMs = 120;
const commands: readonly (readonly [path: string, title: MessageKey])[] = [
  ['pushes', 'search.push'],
  ['checks', 'search.check'],
  ['feeds', 'search.feeds'],
];

export function Search({ catalogId }: { catalogId: string }): ReactNode {
  const [opened, { open, close }] = useDisclosure(false);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const isCtrlK = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k';
      const isSlash = event.key === '/' && !isWriting(event.target) && !event.ctrlKey && !event.metaKey;
      if (!isCtrlK && !isSlash) return;
      event.preventDefault();
      open();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [open]);
  return (
    <>
      <Button
        variant="default"
        className="search-button"
        visibleFrom="sm"
        onClick={open}
        leftSection={<IconSearch size={16} />}
        rightSection={<Kbd size="xs">/</Kbd>}
      >
        {t('search.open')}
      </Button>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        hiddenFrom="sm"
        onClick={open}
        aria-label={t('search.open')}
      >
        <IconSearch size={20} />
      </ActionIcon>
      <Modal
        opened={opened}
        onClose={close}
        title={t('search.title')}
        size="lg"
        yOffset="8vh"
        closeButtonProps={{ 'aria-label': t('frame.close') }}
      >
        {opened && <Palette catalogId={catalogId} onDone={close} />}
      </Modal>
    </>
  );
}

function Palette({ catalogId, onDone }: { catalogId: string; onDone: () => void }): ReactNode {
  const navigate = useNavigate();
  const mayPush = useMay('merchandiser');
  const [typed, setTyped] = useState('');
  const [asked] = useDebouncedValue(typed.trim(), typedAfterMs);
  const box = useCombobox({ opened: true });
  const found = useQuery({
    ...look<Found>(`/catalogs/${catalogId}/search?q=${encodeURIComponent(asked)}`),
    enabled: asked !== '',
    placeholderData: keepPreviousData,
  });
  const { cards = [], problems = [] } = asked === '' ? {} : (found.data ?? {});
  const fits = (title: string): boolean => title.toLowerCase().includes(typed.trim().toLowerCase());
  const pages = menu.filter(({ title }) => fits(t(title)));
  const runnable = mayPush ? commands.filter(([, title]) => fits(t(title))) : [];
  useEffect(() => {
    box.selectFirstOption();
    // the first one is what Enter takes, whatever came in
    // oxlint-disable-next-line react/exhaustive-deps
  }, [typed, found.data]);
  const base = `/c/${catalogId}`;
  const go = (to: string): void => {
    onDone();
    if (to.startsWith('run:')) void run(catalogId, to.slice('run:'.length));
    else void navigate({ href: to });
  };
  const isEmpty = cards.length + problems.length + pages.length + runnable.length === 0 && !found.isFetching;
  return (
    <Combobox store={box} onOptionSubmit={go}>
      <Combobox.EventsTarget>
        <InputBase
          data-autofocus
          aria-label={t('search.title')}
          placeholder={t('search.placeholder')}
          leftSection={<IconSearch size={16} aria-hidden />}
          value={typed}
          onChange={({ currentTarget }) => setTyped(currentTarget.value)}
        />
      </Combobox.EventsTarget>
      <ScrollArea.Autosize mah="55vh" mt="sm" viewportProps={{ tabIndex: -1 }}>
        <Combobox.Options aria-label={t('search.title')}>
          <Lines label={t('search.items')} isShown={cards.length > 0}>
            {cards.map((card) => (
              <Combobox.Option key={card.id} value={`${base}/products/${encodeURIComponent(card.offerId)}`}>
                <Group gap="sm" wrap="nowrap">
                  <Picture src={card.image} size={32} />
                  <div style={{ minWidth: 0 }}>
                    <Text size="sm" lineClamp={1}>
                      {card.title || card.offerId}
                    </Text>
                    <Text size="xs" c="dimmed">
                      {[card.offerId, card.gtin, card.choice].filter(Boolean).join(' · ')}
                    </Text>
                  </div>
                </Group>
              </Combobox.Option>
            ))}
            <Combobox.Option value={`${base}/products?q=${encodeURIComponent(asked)}`}>
              {t('search.all', { q: asked })}
            </Combobox.Option>
          </Lines>
          <Lines label={t('search.problems')} isShown={problems.length > 0}>
            {problems.map((problem) => (
              <Combobox.Option
                key={`${problem.code}/${problem.field ?? ''}`}
                value={`${base}/issues?${new URLSearchParams({ code: problem.code, ...(problem.field === undefined ? {} : { field: problem.field }) })}`}
              >
                {problemTitle(problem)}
              </Combobox.Option>
            ))}
          </Lines>
          <Lines label={t('search.pages')} isShown={pages.length > 0}>
            {pages.map(({ to, title }) => (
              <Combobox.Option key={to} value={base + to}>
                {t(title)}
              </Combobox.Option>
            ))}
          </Lines>
          <Lines label={t('search.commands')} isShown={runnable.length > 0}>
            {runnable.map(([path, title]) => (
              <Combobox.Option key={path} value={`run:${path}`}>
                {t(title)}
              </Combobox.Option>
            ))}
          </Lines>
          {isEmpty && <Combobox.Empty>{t('search.none')}</Combobox.Empty>}
        </Combobox.Options>
      </ScrollArea.Autosize>
    </Combobox>
  );
}

const Lines = (props: { label: string; isShown: boolean; children: ReactNode }): ReactNode =>
  props.isShown && <Combobox.Group label={props.label}>{props.children}</Combobox.Group>;

async function run(catalogId: string, path: string): Promise<void> {
  try {
    await call('POST', `/catalogs/${catalogId}/${path}`);
    notifications.show({ message: t('search.started'), color: 'teal' });
  } catch (error) {
    notifications.show({
      message: error instanceof Error ? error.message : String(error),
      color: 'red',
      title: t('frame.failed'),
    });
  }
}
