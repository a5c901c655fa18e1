/** People, machines and what they did, in the database. */
import type { Connection } from '../../catalog/store/model.ts';
import { createAuditStore, type AuditStore } from './audit.ts';
import { createTokenStore, type TokenStore } from './tokens.ts';
import { createUserStore, type UserStore } from './users.ts';

export interface Accounts {
  users: UserStore;
  tokens: TokenStore;
  audit: AuditStore;
}

export async function openAccounts(connection: Connection): Promise<Accounts> {
  const accounts = {
    users: createUserStore(connection),
    tokens: createTokenStore(connection),
    audit: createAuditStore(connection),
  };
  for (const store of Object.values(accounts)) await store.sync();
  return accounts;
}
