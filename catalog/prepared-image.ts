/** What became of one source image: its rendition, or the reason why there is none. Kept with the product. */
import { z } from 'zod';
import { issueSchema } from './issue.ts';

export const preparedImageSchema = z.object({
  url: z.string(),
  /** File-store key of the rendition; absent when there is none. */
  key: z.string().optional(),
  width: z.number().int().optional(),
  height: z.number().int().optional(),
  bytes: z.number().int().optional(),
  format: z.enum(['jpeg', 'png']).optional(),
  original: z
    .object({ width: z.number(), height: z.number(), format: z.string(), bytes: z.number() })
    .optional(),
  /** SHA-256 of the bytes as fetched. */
  sourceHash: z.string().optional(),
  etag: z.string().optional(),
  lastModified: z.string().optional(),
  /** The rule it was prepared to, as one word. */
  ruleKey: z.string(),
  /** Today's fetch failed; the rendition is an earlier one. */
  stale: z.boolean().optional(),
  issue: issueSchema.optional(),
  checkedAt: z.date(),
});
export type PreparedImage = z.infer<typeof preparedImageSchema>;
