/** Sessions of people who signed in: kept in the database, so that any web process knows them and a restart loses none. */
import { createHmac } from 'node:crypto';
import MongoStore from 'connect-mongo';
import type { RequestHandler } from 'express';
import session from 'express-session';
import type { Connection } from '../../catalog/store/model.ts';

const HOUR = 3_600_000;
/** A session ends after so long without a request. */
const idleMs = 12 * HOUR;
/** And in any case after this. */
export const longestMs = 14 * 24 * HOUR;

declare module 'express-session' {
  interface SessionData {
    userId: string;
    signedInAt: number;
  }
}

export function createSessions(
  connection: Connection,
  encryptionKey: string,
  secure: boolean,
): RequestHandler {
  const store = MongoStore.create({
    // mongoose brings its own copy of the driver, whose class is another one of the same shape
    client: connection.getClient() as unknown as NonNullable<
      Parameters<typeof MongoStore.create>[0]['client']
    >,
    dbName: connection.name,
    collectionName: 'sessions',
    // not written at each request
    touchAfter: 300,
    ttl: idleMs / 1_000,
  });
  return session({
    name: 'shelfcast',
    secret: createHmac('sha256', encryptionKey).update('sessions').digest('base64url'),
    store,
    resave: false,
    rolling: true,
    saveUninitialized: false,
    // behind a proxy that ends TLS, its word counts
    proxy: secure,
    cookie: { httpOnly: true, sameSite: 'strict', secure, maxAge: idleMs, path: '/' },
  });
}
