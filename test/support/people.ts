/** People of a test: the owner by the one-time link, others by theirs, each with the cookie of their session. */
import request, { type Test } from 'supertest';
import type { Role } from '../../services/accounts/access.ts';
import type { Service } from '../../services/main.ts';

export const password = 'a long enough password';
export const fromPage = { 'x-requested-with': 'shelfcast' };

export interface Person {
  email: string;
  cookie: string;
  /** A call as the page makes it. */
  call(method: 'get' | 'post' | 'put' | 'delete', path: string): Test;
}

const cookieOf = (answer: { headers: Record<string, unknown> }): string =>
  String((answer.headers['set-cookie'] as string[] | undefined)?.[0]).split(';')[0] ?? '';

function person(url: string, email: string, cookie: string): Person {
  return {
    email,
    cookie,
    call: (method, path) => request(url)[method](path).set('cookie', cookie).set(fromPage),
  };
}

async function choose(url: string, link: string, input: Record<string, string>): Promise<Person> {
  const secret = link.split('/').at(-1);
  const answer = await request(url).post(`/session/links/${secret}`).set(fromPage).send(input).expect(200);
  return person(url, (answer.body as { user: { email: string } }).user.email, cookieOf(answer));
}

export async function makeOwner(service: Service, email = 'olga@shop.example'): Promise<Person> {
  const link = await service.makeOwnerLink();
  if (!link) throw new Error('somebody can sign in already');
  return choose(service.url, link, { name: 'Olga', email, password });
}

export async function invite(service: Service, owner: Person, role: Role, name: string): Promise<Person> {
  const email = `${name.toLowerCase()}@shop.example`;
  const { body } = await owner.call('post', '/api/v1/users').send({ email, name, role }).expect(201);
  return choose(service.url, (body as { link: string }).link, { password });
}

export async function signIn(url: string, email: string, secret = password): Promise<Person> {
  const answer = await request(url)
    .post('/session')
    .set(fromPage)
    .send({ email, password: secret })
    .expect(200);
  return person(url, email, cookieOf(answer));
}
