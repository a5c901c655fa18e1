import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto';
import { Binary } from 'bson';
import type { Doc } from './bson-bytes.ts';
import { badValue, CommandError } from './errors.ts';

/**
 * The server's side of SCRAM-SHA-256 (RFC 5802, RFC 7677, and MongoDB's saslStart and saslContinue:
 * https://github.com/mongodb/specifications/blob/master/source/auth/auth.md#scram-sha-256) for the store's one user.
 */
export const USER = 'shelfcast';
/** The least the RFC allows; the password has 256 random bits. */
const ITERATIONS = 4096;

export type Login = { salt: Buffer; storedKey: Buffer; serverKey: Buffer; proof: string };
/** How far a connection is: `said` are the messages that its proof has to sign. */
export type Conversation = { isIn: boolean; said?: { first: string; nonce: string }; skipsEmpty?: boolean };

const hmac = (key: Buffer, text: string) => createHmac('sha256', key).update(text).digest();

export function toLogin(password: string, proof: string): Login {
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password, salt, ITERATIONS, 32, 'sha256');
  const storedKey = createHash('sha256').update(hmac(salted, 'Client Key')).digest();
  return { salt, storedKey, serverKey: hmac(salted, 'Server Key'), proof };
}

const refuse = () => new CommandError('AuthenticationFailed', 'Authentication failed.');
const payloadOf = (body: Doc): string => {
  const payload = body['payload'];
  if (!(payload instanceof Binary)) throw badValue('payload has to be binary');
  return Buffer.from(payload.value()).toString('utf8');
};
/** `a=1,b=2` as fields. */
const toFields = (text: string) => new Map(text.split(',').map((part) => [part[0], part.slice(2)]));
const reply = (payload: string, done: boolean): Doc => ({
  conversationId: 1,
  done,
  payload: new Binary(Buffer.from(payload)),
  ok: 1,
});

export function saslStart({ salt }: Login, conversation: Conversation, body: Doc): Doc {
  if (body['mechanism'] !== 'SCRAM-SHA-256') throw badValue('the only mechanism is SCRAM-SHA-256');
  const bare = payloadOf(body).replace(/^n,,/, '');
  const fields = toFields(bare);
  const [user, own] = [fields.get('n'), fields.get('r')];
  if (user !== USER || own === undefined) throw refuse();
  const nonce = own + randomBytes(24).toString('base64');
  const first = `r=${nonce},s=${salt.toString('base64')},i=${ITERATIONS}`;
  conversation.said = { first: `${bare},${first}`, nonce };
  conversation.skipsEmpty = (body['options'] as Doc | undefined)?.['skipEmptyExchange'] === true;
  return reply(first, false);
}

export function saslContinue({ storedKey, serverKey }: Login, conversation: Conversation, body: Doc): Doc {
  if (conversation.isIn) return reply('', true);
  const { said } = conversation;
  delete conversation.said; // one try per conversation
  const message = payloadOf(body);
  const fields = toFields(message);
  const proof = Buffer.from(fields.get('p') ?? '', 'base64');
  if (said === undefined || fields.get('r') !== said.nonce || proof.length !== 32) throw refuse();
  const signed = `${said.first},${message.slice(0, message.lastIndexOf(',p='))}`;
  const signature = hmac(storedKey, signed);
  const clientKey = Buffer.from(proof.map((byte, i) => byte ^ (signature[i] as number)));
  if (!timingSafeEqual(createHash('sha256').update(clientKey).digest(), storedKey)) throw refuse();
  conversation.isIn = true;
  return reply(`v=${hmac(serverKey, signed).toString('base64')}`, conversation.skipsEmpty === true);
}
