/** A run while it goes on: its events come in by themselves, again after a reload. */
import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import { useEffect } from 'react';
import { isOpen, type Run } from '../../../catalog/run.ts';
import { keyOf, look, queryClient, refresh } from './client.ts';
import type { Wire } from './wire.ts';

export type RunView = Wire<Run>;
export const isGoingOn = (run: Pick<RunView, 'status'>): boolean => isOpen(run);
export const runPath = (id: string): string => `/runs/${encodeURIComponent(id)}`;

export function useRun(id: string): UseQueryResult<RunView> {
  const path = runPath(id);
  const run = useQuery(look<RunView>(path));
  const open = run.data !== undefined && isGoingOn(run.data);
  useEffect(() => {
    if (!open) return;
    const stream = new EventSource(`/api/v1${path}/events`);
    stream.addEventListener('run', ({ data }: MessageEvent<string>) => {
      const now = JSON.parse(data) as RunView;
      queryClient.setQueryData(keyOf(path), now);
      if (isGoingOn(now)) return;
      stream.close();
      void refresh(`/catalogs/${now.catalogId}`);
    });
    return () => stream.close();
  }, [open, path]);
  return run;
}
