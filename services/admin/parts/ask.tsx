/** A question before something that cannot be taken back. */
import { Button, Group, Modal, Stack, Text, type ButtonProps } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState, type ReactNode } from 'react';
import { t } from '../messages/text.ts';

export interface AskProps {
  /** The words on the button that asks, and on the one that does it. */
  action: string;
  title: string;
  text: string;
  color?: string;
  button?: ButtonProps;
  onYes: () => Promise<unknown>;
}

export function Ask({ action, title, text, color = 'red', button, onYes }: AskProps): ReactNode {
  const [opened, { open, close }] = useDisclosure(false);
  const [busy, setBusy] = useState(false);
  const yes = async (): Promise<void> => {
    setBusy(true);
    await onYes();
    setBusy(false);
    close();
  };
  return (
    <>
      <Button variant="default" size="xs" {...button} onClick={open}>
        {action}
      </Button>
      <Modal
        opened={opened}
        onClose={close}
        title={title}
        closeButtonProps={{ 'aria-label': t('frame.close') }}
        centered
      >
        <Stack>
          <Text size="sm">{text}</Text>
          <Group justify="flex-end">
            <Button variant="default" onClick={close} data-autofocus>
              {t('frame.cancel')}
            </Button>
            <Button color={color} loading={busy} onClick={() => void yes()}>
              {action}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
