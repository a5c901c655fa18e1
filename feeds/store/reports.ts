/** What the last comparison with a channel found; one report per catalog and channel, the newest. */
import { defineCollection, idOf, type Connection } from '../../catalog/store/model.ts';

/** How many offers of a kind there are, and the first of them. */
export interface Finding {
  count: number;
  offers: { offerId: string; title?: string; here?: string; there?: string }[];
}

/**
 * `missing`: accepted, but not there; `foreign`: there, but never sent by us; `left`: sent by us once, taken down, and still
 * there; `twins`: there more than once; `price`: there at another price.
 */
export const findingKinds = ['missing', 'foreign', 'left', 'twins', 'price'] as const;
export type FindingKind = (typeof findingKinds)[number];

export interface Report {
  catalogId: string;
  channel: string;
  status: 'running' | 'done' | 'failed';
  startedAt: Date;
  endedAt?: Date;
  /** Why it failed. */
  problem?: string;
  /** How many items the channel lists, and how many should be there. */
  held: number;
  expected: number;
  findings: Record<FindingKind, Finding>;
  /** What was repaired: how many offers were sent, or taken down, again, and who let it be (`setting`: the catalog's). */
  repaired?: { at: Date; by: string; count: number };
}
type ReportDocument = Report & { _id: string };

/** Offers of a kind that are named, and can be repaired at once. */
export const mostNamed = 5_000;

export type ReportStore = ReturnType<typeof createReportStore>;

export function createReportStore(connection: Connection) {
  const { collection, sync } = defineCollection<ReportDocument>(connection, 'reports', []);
  return {
    sync,
    async find(catalogId: string, channel: string): Promise<Report | undefined> {
      const found = await collection.findOne({ _id: idOf(catalogId, channel) });
      if (!found) return undefined;
      const { _id, ...report } = found;
      return report;
    },
    async save(report: Report): Promise<void> {
      await collection.replaceOne({ _id: idOf(report.catalogId, report.channel) }, report, { upsert: true });
    },
  };
}

export const emptyFindings = (): Report['findings'] => ({
  missing: { count: 0, offers: [] },
  foreign: { count: 0, offers: [] },
  left: { count: 0, offers: [] },
  twins: { count: 0, offers: [] },
  price: { count: 0, offers: [] },
});
