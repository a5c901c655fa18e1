/** A listing's status: icon, word and colour together, never colour alone. */
import { Group, Text } from '@mantine/core';
import {
  IconCircleCheck, IconClock, IconHandStop, IconMinus, IconSend, IconX, type Icon,
} from '@tabler/icons-react'; // prettier-ignore
import type { ReactNode } from 'react';
import type { ListingStatus } from '../../../feeds/listing.ts';
import { t } from '../messages/text.ts';

export const statuses: readonly ListingStatus[] = [
  'accepted', 'sent', 'pending', 'blocked', 'rejected', 'removed',
]; // prettier-ignore

const icons: Record<ListingStatus, Icon> = {
  accepted: IconCircleCheck,
  sent: IconSend,
  pending: IconClock,
  blocked: IconHandStop,
  rejected: IconX,
  removed: IconMinus,
};

export const nameOf = (status: ListingStatus): string => t(`frame.status-${status}`);

/** The icon alone, where the word stands beside it already. */
export function StatusSign(props: { status: ListingStatus; size?: number }): ReactNode {
  const Sign = icons[props.status];
  return <Sign size={props.size ?? 16} aria-label={nameOf(props.status)} role="img" />;
}

export function Status(props: { status: ListingStatus; children?: ReactNode }): ReactNode {
  const Sign = icons[props.status];
  return (
    <Group gap={4} wrap="nowrap" c={`var(--${props.status})`} display="inline-flex">
      <Sign size={16} aria-hidden />
      <Text span size="sm" fw={550} c="inherit">
        {props.children ?? nameOf(props.status)}
      </Text>
    </Group>
  );
}
