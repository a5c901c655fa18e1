/** The one path of somebody new: a file → the check → a channel → the first items accepted. */
import { Button, Group, Stack, Text, ThemeIcon, Title } from '@mantine/core';
import { IconCheck } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { isGoingOn, type RunView } from '../../api/run-events.ts';
import type { CatalogChannel, CatalogStatus } from '../../api/questions.ts';
import { t, type MessageKey } from '../../messages/text.ts';

interface FirstStepsProps {
  catalogId: string;
  status: CatalogStatus;
  channels: CatalogChannel[];
  runs: RunView[];
}

export function FirstSteps({ catalogId, status, channels, runs }: FirstStepsProps): ReactNode {
  const accepted = Object.values(status.channels).some((counts) => counts.accepted > 0);
  const going = runs.find(isGoingOn);
  const steps: readonly {
    done: boolean;
    title: MessageKey;
    text: MessageKey;
    action: MessageKey;
    to: string;
    /** Another way to the same. */
    or?: { action: MessageKey; to: string; hash: string };
  }[] = [
    {
      done: status.products > 0,
      title: 'home.step-upload',
      text: 'home.step-upload-text',
      action: 'home.step-upload-do',
      to: 'imports',
      or: { action: 'home.step-shop-do', to: 'imports', hash: 'main-source' },
    },
    {
      done: channels.length > 0,
      title: 'home.step-connect',
      text: 'home.step-connect-text',
      action: 'home.step-connect-do',
      to: 'channels',
    },
    {
      done: accepted,
      title: 'home.step-watch',
      text: 'home.step-watch-text',
      action: 'home.step-watch-do',
      to: going ? `runs/${encodeURIComponent(going.id)}` : 'runs',
    },
  ];
  const current = steps.findIndex(({ done }) => !done);
  return (
    <Stack className="card" p="md" gap="md" component="section" aria-labelledby="first-steps">
      <Title order={2} id="first-steps">
        {t('home.first-steps')}
      </Title>
      {steps.map(({ done, title, text, action, to, or }, at) => (
        <Group key={title} wrap="nowrap" align="flex-start" gap="sm">
          <ThemeIcon
            radius="xl"
            size={28}
            variant={done ? 'filled' : 'outline'}
            color={done || at === current ? 'teal' : 'gray'}
          >
            {done ? (
              <IconCheck size={16} aria-label={t('home.step-done')} />
            ) : (
              <Text size="sm">{at + 1}</Text>
            )}
          </ThemeIcon>
          <div style={{ flex: 1 }}>
            <Text fw={600}>{t(title)}</Text>
            <Text size="sm" c="dimmed">
              {t(text)}
            </Text>
          </div>
          {at === current && (
            <Group gap="xs" justify="flex-end">
              <Button component={Link} to={`/c/${catalogId}/${to}`}>
                {t(action)}
              </Button>
              {or && (
                <Button component={Link} to={`/c/${catalogId}/${or.to}`} hash={or.hash} variant="default">
                  {t(or.action)}
                </Button>
              )}
            </Group>
          )}
        </Group>
      ))}
    </Stack>
  );
}
