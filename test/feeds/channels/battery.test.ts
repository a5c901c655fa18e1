import { describe, expect, test } from '@jest/globals';
import { readdir } from 'node:fs/promises';
import { createHttpClient } from '../../../services/http-client.ts';
import { loadChannels } from '../../../feeds/channel.ts';
import { startSandbox } from '../../../services/sandbox/start.ts';
import { feedBattery, pushBattery, specBattery } from '../../support/channel-battery.ts';

const channels = [...(await loadChannels()).values()];
const sandbox = await startSandbox();
const pushed = channels.filter((channel) => {
  const given = sandbox.channels.get(channel.id)?.connect;
  const api =
    given && channel.connect?.(channel.options.parse(given), createHttpClient(), async () => undefined);
  return api?.send !== undefined;
});
await sandbox.stop();

test('every folder is a channel, and each has a sandbox and a page for the shop owner', async () => {
  const folders = await readdir(new URL('../../../feeds/channels/', import.meta.url));
  expect(channels.map(({ id }) => id)).toEqual(folders.sort());
  expect([...sandbox.channels.keys()]).toEqual(folders);
  const pages = await readdir(new URL('../../../docs/channels/', import.meta.url));
  for (const folder of folders) expect(pages).toContain(`${folder}.md`);
});

describe.each(channels)('the rules of $id', specBattery);
describe.each(pushed)('batches to $id', pushBattery);
describe.each(channels)('the feed of $id', feedBattery);
