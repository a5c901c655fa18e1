/** What every strict reader of a feed is. */
import { InputError } from '../../catalog/errors.ts';

/**
 * Takes the file piece by piece; each piece ends on a whole UTF-8 character. `take` answers how many bytes it is done with:
 * the next piece begins with the others. `end` answers the number of items.
 */
export interface Scanner {
  take(piece: Buffer): number;
  end(): number;
}

export const unreadable = (reason: string): InputError =>
  new InputError('feed_malformed', `The feed cannot be read back: ${reason}.`);
