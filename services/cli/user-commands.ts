/** People who may sign in, from the machine that the service runs on. */
import type { Command } from 'commander';
import { NotFoundError } from '../../catalog/errors.ts';
import type { User } from '../accounts/users.ts';
import { withClient, type Client } from './client.ts';
import { say, showJson, showTable, type ShowOptions } from './show.ts';

async function findUser(client: Client, email: string): Promise<User> {
  const { items } = await client.get<{ items: User[] }>('/api/v1/users');
  const found = items.find((user) => user.email === email.toLowerCase());
  if (!found) throw new NotFoundError('user_unknown', `Nobody here has the address "${email}".`);
  return found;
}

export function addUserCommands(program: Command): void {
  const users = program.command('users').description('People who may sign in to the admin page');
  users
    .command('list')
    .description('Everyone with their role')
    .option('--json')
    .action(async (o: ShowOptions) =>
      withClient(async (client) => {
        const { items } = await client.get<{ items: User[] }>('/api/v1/users');
        if (o.json) return showJson(items);
        showTable(
          ['address', 'name', 'role', 'may sign in'],
          items.map((user) => [user.email, user.name, user.role, user.disabled ? 'no' : 'yes']),
        );
      }),
    );
  users
    .command('add <email>')
    .description('Add a person; prints the one-time link by which they choose a password')
    .requiredOption('--role <role>', 'owner, merchandiser or viewer')
    .option('--name <name>', 'how to call them (default: the address)')
    .action(async (email: string, o: { role: string; name?: string }) =>
      withClient(async (client) => {
        const body = { email, role: o.role, name: o.name ?? email };
        say((await client.send<{ link: string }>('POST', '/api/v1/users', body)).link);
      }),
    );
  users
    .command('link [email]')
    .description(
      'A one-time link for a new password; without an address, the one that creates the first owner',
    )
    .action(async (email?: string) =>
      withClient(async (client) => {
        const path = email ? `${(await findUser(client, email)).id}/link` : 'owner-link';
        const { link } = await client.send<{ link?: string }>('POST', `/api/v1/users/${path}`);
        say(link ?? 'Somebody can sign in already; name the address whose password is to be chosen anew.');
      }),
    );
}
