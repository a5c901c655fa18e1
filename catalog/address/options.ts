/** What a person gives to connect a file at an address. */
import { z } from 'zod';

export const optionsSchema = z.object({
  url: z
    .url({ protocol: /^(https?|ftps?|sftp)$/ })
    .refine((url) => new URL(url).username === '', 'give user and password in their own fields')
    .describe(
      'Address of the file (https, sftp, ftps, ftp): CSV or TSV, an RSS or Atom feed, or JSON lines, also packed with gzip or zip',
    ),
  user: z
    .string()
    .max(200)
    .optional()
    .describe('User name, where the address asks for one (basic sign-in, SFTP, FTP)'),
  password: z.string().max(500).optional().describe('Password of that user').meta({ secret: true }),
  token: z
    .string()
    .max(4_000)
    .optional()
    .describe('Bearer token, where the address asks for one instead of a user')
    .meta({ secret: true }),
  privateKey: z
    .string()
    .max(20_000)
    .optional()
    .describe('Private key for SFTP, as PEM text, instead of a password')
    .meta({ secret: true }),
  hostKey: z
    .string()
    .regex(/^SHA256:[A-Za-z0-9+/]{43}$/, 'write it like SHA256:… with 43 characters')
    .optional()
    .describe('Fingerprint of the SFTP server; without it any server that answers there is believed'),
});
export type AddressOptions = z.infer<typeof optionsSchema>;
