/** The tests' own databases on the server of TEST_MONGODB_URI. */
import { randomUUID } from 'node:crypto';

/** How the names of this run's databases begin. */
export const testDatabases = (): string => `shelfcast_test_${process.env['TEST_RUN']}_`;

/** A database of its own on the server of TEST_MONGODB_URI; undefined: the embedded store. */
export function testDatabase(): string | undefined {
  const [address, query] = (process.env['TEST_MONGODB_URI'] ?? '').split('?');
  if (!address) return undefined;
  const host = address.replace(/^(mongodb(?:\+srv)?:\/\/[^/]+).*$/, '$1');
  return `${host}/${testDatabases()}${randomUUID().slice(0, 8)}${query ? `?${query}` : ''}`;
}
