/** What more than one page asks: apart from the pages, so that none of them brings another with it. */
import type { ListingStatus } from '../../../feeds/listing.ts';
import type { Policy } from '../../../feeds/policy.ts';
import type { PublishedFeed } from '../../web/feeds.ts';
import { language } from '../messages/text.ts';
import { look } from './client.ts';
import type { RunView } from './run-events.ts';
import type { Wire } from './wire.ts';

export interface CatalogStatus {
  channels: Record<string, Record<ListingStatus, number>>;
  products: number;
}
export const statusQuery = (catalogId: string) => look<CatalogStatus>(`/catalogs/${catalogId}/status`);

export const latestRunsQuery = (catalogId: string) =>
  look<{ items: RunView[] }>(`/catalogs/${catalogId}/runs?limit=20`);

export interface CatalogChannel {
  id: string;
  title: string;
  connected: boolean;
  policy: Policy;
  settings?: Record<string, unknown>;
  paused?: { code: string; message: string; at: string };
}
export const channelsQuery = (catalogId: string) =>
  look<{ items: CatalogChannel[] }>(`/catalogs/${catalogId}/channels`);

export type FeedView = Wire<PublishedFeed>;
export const feedsQuery = (catalogId: string) => look<{ items: FeedView[] }>(`/catalogs/${catalogId}/feeds`);

export interface ScheduleView {
  kind: string;
  cron: string;
  timeZone: string;
  enabled: boolean;
  title: string;
  words: string;
  next: string[];
}
interface SchedulesAnswer {
  items: ScheduleView[];
  kinds: { kind: string; title: string; default?: string }[];
}
export const schedulesQuery = (catalogId: string) =>
  look<SchedulesAnswer>(`/catalogs/${catalogId}/schedules?language=${language}`);
