/** Guard rails of a refresh: how much may change by itself before a person is asked. Shares are 0..1. */
import { z } from 'zod';

const share = z.number().min(0).max(1);

export const guardsSchema = z.object({
  /** A price that moves by more than this share has moved far (0.5: from 100 to more than 150, or less than 50). */
  priceMove: z
    .number()
    .min(0)
    .max(10)
    .default(0.5)
    .describe('A price that moves by more than this share has moved far'),
  /** More than this share of the products with prices that moved far: those products wait, the others go on. */
  pricesMoved: share.default(0.1).describe('Share of products whose prices may move far in one import'),
  /** More than this share of what a channel holds newly blocked in one run: the feed stays as it was. */
  newlyBlocked: share.default(0.2).describe("Share of a channel's live items that one run may block"),
  /** A feed with fewer items by more than this share, or with none, is not published. */
  feedShrink: share.default(0.3).describe('Share by which a feed may shrink from one version to the next'),
  /** More than this share of a run's verdicts rejected: nothing more is sent to that channel. */
  rejected: share.default(0.3).describe("Share of a run's verdicts that may be rejections"),
  /** A source that was read again and again and has not changed for so long is told of. */
  unchangedDays: z
    .number()
    .int()
    .min(1)
    .max(365)
    .default(14)
    .describe('Days after which an unchanged source is told of'),
});

/** Fewer than this are never held: in a small shop a handful is a large share. */
export const fewest = 10;

export const isTooMany = (affected: number, of: number, allowed: number): boolean =>
  affected >= fewest && affected > allowed * of;
