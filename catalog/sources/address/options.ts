/** What a person gives to connect a file at an address. */
import { z } from 'zod';

export const optionsSchema = z.object({
  url: z
    .url({ protocol: /^https?$/ })
    .refine((url) => new URL(url).username === '', 'give user and password in their own fields')
    .describe('Address of the file: CSV or TSV, an RSS or Atom feed, or JSON lines, also packed with gzip'),
  user: z.string().max(200).optional().describe('User name, where the address asks for one (basic sign-in)'),
  password: z.string().max(500).optional().describe('Password of that user').meta({ secret: true }),
  token: z
    .string()
    .max(4_000)
    .optional()
    .describe('Bearer token, where the address asks for one instead of a user')
    .meta({ secret: true }),
});
export type AddressOptions = z.infer<typeof optionsSchema>;
