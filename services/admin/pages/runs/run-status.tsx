import { Badge } from '@mantine/core';
import type { ReactNode } from 'react';
import type { RunStatus } from '../../../../catalog/run.ts';
import { t } from '../../messages/text.ts';

const tones: Record<RunStatus, string> = {
  running: 'sent',
  interrupted: 'blocked',
  paused: 'blocked',
  held: 'held',
  done: 'accepted',
  failed: 'rejected',
  rejected: 'removed',
  stopped: 'removed',
  superseded: 'removed',
};

export const RunStatusBadge = ({ status }: { status: RunStatus }): ReactNode => (
  <Badge variant="outline" color={`var(--${tones[status]})`} tt="none" fw={600} miw="max-content">
    {t(`runs.status-${status}`)}
  </Badge>
);
