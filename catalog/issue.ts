/** Something wrong with a row, an image or an item, kept as data and shown to people. */
import { z } from 'zod';

export const issueSchema = z.object({
  /** Stable, snake_case: `price_unreadable`, `image_too_small`, `duplicate_sku`; a channel's own code lower-cased. */
  code: z.string(),
  /** `error`: the row or item cannot go on; `warning`: it goes on, a person should look. */
  severity: z.enum(['error', 'warning']),
  /** The item field (or the file's column) it is about. */
  field: z.string().optional(),
  /** The value found, cut to 200 characters. */
  value: z.string().optional(),
  /** One plain sentence: what is wrong. */
  message: z.string(),
  /** One plain sentence: what to do. */
  hint: z.string().optional(),
  /** Where the rule is written. */
  link: z.string().optional(),
  /** Who says so. */
  from: z.enum(['source', 'image', 'check', 'channel']),
  /** Line of the file (1 = the header), where the issue comes from a row. */
  line: z.number().int().optional(),
  /** The variant it is about (its `sourceId`), where it comes from one variant of a product. */
  variant: z.string().optional(),
});
export type Issue = z.infer<typeof issueSchema>;

export const hasErrors = (issues: readonly Issue[]): boolean =>
  issues.some((issue) => issue.severity === 'error');

const issueFields = issueSchema.keyof().options;

/** Says the same in every field; one that is not there and one that is undefined are the same. */
export const isSameIssue = (a: Issue, b: Issue | undefined): boolean =>
  b !== undefined && issueFields.every((field) => a[field] === b[field]);
