/** Amounts of money: whole minor units (cents, yen, fils) plus an ISO 4217 code. */
import { z } from 'zod';

export const moneySchema = z.object({
  /** Whole minor units of `currency`: 1999 EUR is 19.99 €, 500 JPY is ¥500, 1234 KWD is 1.234. */
  minor: z.number().int(),
  currency: z.string().length(3),
});
export type Money = z.infer<typeof moneySchema>;
