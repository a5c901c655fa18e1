/** The channels there are, and those a catalog is connected to. */
import { z } from 'zod';
import { catalogIdSchema } from '../../catalog/catalog.ts';
import { NotFoundError } from '../../catalog/errors.ts';
import type { Channel } from '../../feeds/channel.ts';
import { policyOf, policySchema } from '../../feeds/policy.ts';
import { prepareImages } from '../../jobs/prepare-images.ts';
import { pushBatch } from '../../jobs/push-batch.ts';
import { refreshListings } from '../../jobs/refresh-listings.ts';
import type { Engine } from '../engine.ts';
import { callerOf } from './auth.ts';
import { noteChange, type Api } from './endpoint.ts';

const params = z.object({ catalogId: catalogIdSchema });
const channelParams = params.extend({ channel: z.string().max(40) });

/** One field of the form that connects a channel. */
export interface FormField {
  name: string;
  description: string;
  required: boolean;
  /** Not to be shown, and never answered by the API. */
  secret: boolean;
  type: string;
  /** Its words, where only some are allowed. */
  choices?: string[];
  pattern?: string;
  default?: unknown;
}

interface Property {
  type?: string;
  description?: string;
  default?: unknown;
  enum?: string[];
  pattern?: string;
  secret?: boolean;
}

/** Something with options that a person gives: a channel or a source. */
type Connectable = Pick<Channel, 'options'>;

/** The form of the options, from the schema that checks them. */
export function toForm(channel: Connectable): FormField[] {
  const { properties = {}, required = [] } = z.toJSONSchema(channel.options, {
    io: 'input',
    unrepresentable: 'any',
  }) as { properties?: Record<string, Property>; required?: string[] };
  return Object.entries(properties).map(([name, property]) => ({
    name,
    description: property.description ?? name,
    required: required.includes(name),
    secret: property.secret === true,
    type: property.type ?? 'string',
    ...(property.enum ? { choices: property.enum } : {}),
    ...(property.pattern === undefined ? {} : { pattern: property.pattern }),
    ...(property.default === undefined ? {} : { default: property.default }),
  }));
}

export function addChannelRoutes(api: Api, { ctx, vault }: Engine): void {
  const { catalogs, products } = ctx.stores;
  const find = (id: string): Channel => {
    const channel = ctx.channels.get(id);
    if (channel) return channel;
    throw new NotFoundError('channel_unknown', `There is no channel "${id}".`, {
      hint: `There are: ${[...ctx.channels.keys()].join(', ')}`,
    });
  };

  api.add({
    method: 'get',
    path: '/channels',
    summary: 'All channels, with the form that connects each and the formats of its feed',
    run: async () => ({
      items: [...ctx.channels.values()].map((channel) => ({
        id: channel.id,
        title: channel.title,
        formats: channel.feed.formats,
        fields: toForm(channel),
        limits: channel.limits,
        image: channel.spec.image,
      })),
    }),
  });
  api.add({
    method: 'get',
    path: '/catalogs/{catalogId}/channels',
    summary: 'The channels of a catalog: their settings without secrets, and whether they are paused',
    params,
    async run({ params: { catalogId } }) {
      const catalog = await catalogs.find(catalogId);
      const { channels } = catalog;
      const credentials = await catalogs.credentials(catalogId);
      const paused = await catalogs.paused(catalogId);
      const registered = new Map<string, object>();
      for (const id of channels) {
        const found = await ctx.stores.registrations.find(catalogId, id);
        // the address holds the feed's secret
        if (found)
          registered.set(id, {
            feedId: found.feedId,
            registeredAt: found.registeredAt,
            fetchedAt: found.fetched?.at,
            result: found.result,
          });
      }
      return {
        items: channels.flatMap((id) => {
          const channel = ctx.channels.get(id);
          const sealed = credentials[id];
          if (!channel) return [];
          return {
            id,
            title: channel.title,
            connected: sealed !== undefined,
            policy: policyOf(catalog, id),
            ...(sealed === undefined ? {} : { settings: toOpenSettings(channel, vault.open(sealed)) }),
            ...(paused[id] ? { paused: paused[id] } : {}),
            ...(registered.get(id) ? { feed: registered.get(id) } : {}),
          };
        }),
      };
    },
  });
  api.add({
    method: 'put',
    path: '/catalogs/{catalogId}/channels/{channel}',
    summary: 'Connect a channel: its credentials are tried, then kept encrypted',
    role: 'owner',
    params: channelParams,
    body: z.record(z.string(), z.unknown()),
    async run({ params: { catalogId, channel: channelId }, body }) {
      const catalog = await catalogs.find(catalogId);
      const channel = find(channelId);
      let options = channel.options.parse(body);
      const tested = await channel
        .connect?.(options, ctx.http, async (changed) => {
          options = { ...(options as object), ...(changed as object) };
        })
        .test();
      await catalogs.saveCredentials(catalogId, channelId, vault.seal(options));
      if (!catalog.channels.includes(channelId)) {
        await catalogs.save({ ...catalog, channels: [...catalog.channels, channelId] });
        await products.needAll(catalogId, 'images');
      }
      await ctx.queue.add(prepareImages, { catalogId });
      return { name: tested?.name ?? channel.title };
    },
  });
  api.add({
    method: 'put',
    path: '/catalogs/{catalogId}/channels/{channel}/policy',
    summary: 'What becomes at this channel of what sells out or leaves the shop; every item is checked again',
    role: 'owner',
    params: channelParams,
    body: policySchema,
    async run({ params: { catalogId, channel: channelId }, body }, _req, res) {
      const catalog = await catalogs.find(catalogId);
      find(channelId);
      await catalogs.save({ ...catalog, policies: { ...catalog.policies, [channelId]: body } });
      noteChange(res, { before: policyOf(catalog, channelId), after: body });
      await products.needAll(catalogId, 'listings', 'all');
      await ctx.queue.add(refreshListings, { catalogId }, { priority: 'person' });
      return body;
    },
  });
  api.add({
    method: 'post',
    path: '/catalogs/{catalogId}/channels/{channel}/test',
    summary: 'Try credentials without keeping them; answers the name of what they open',
    role: 'owner',
    writes: false,
    scope: 'channels',
    params: channelParams,
    body: z.record(z.string(), z.unknown()),
    async run({ params: { catalogId, channel: channelId }, body }) {
      await catalogs.find(catalogId);
      const channel = find(channelId);
      const options = channel.options.parse(body);
      const tested = await channel.connect?.(options, ctx.http, async () => undefined).test();
      return { name: tested?.name ?? channel.title };
    },
  });
  api.add({
    method: 'post',
    path: '/catalogs/{catalogId}/channels/{channel}/pause',
    summary: 'Send nothing more to a channel until it is resumed; checks and feeds go on',
    params: channelParams,
    async run({ params: { catalogId, channel } }, _req, res) {
      await catalogs.find(catalogId);
      find(channel);
      const message = `Paused by ${callerOf(res).name}.`;
      await catalogs.pause(catalogId, channel, { code: 'paused_by_person', message, at: ctx.now() });
    },
  });
  api.add({
    method: 'post',
    path: '/catalogs/{catalogId}/channels/{channel}/resume',
    summary: 'Let a paused channel go on; what waits is sent',
    params: channelParams,
    async run({ params: { catalogId, channel } }) {
      await catalogs.find(catalogId);
      find(channel);
      await catalogs.resume(catalogId, channel);
      await ctx.queue.add(pushBatch, { catalogId, channel });
    },
  });
  api.add({
    method: 'delete',
    path: '/catalogs/{catalogId}/channels/{channel}',
    summary: 'Disconnect a channel and forget its credentials; what it holds of the shop stays there',
    role: 'owner',
    params: channelParams,
    async run({ params: { catalogId, channel } }) {
      const catalog = await catalogs.find(catalogId);
      await catalogs.removeCredentials(catalogId, channel);
      await catalogs.save({ ...catalog, channels: catalog.channels.filter((id) => id !== channel) });
    },
  });
}

/** The options without their secrets. */
export function toOpenSettings(from: Connectable, kept: unknown): Record<string, unknown> {
  const options = from.options.safeParse(kept);
  const secret = new Set(toForm(from).flatMap((field) => (field.secret ? field.name : [])));
  const all = Object.entries((options.data ?? {}) as Record<string, unknown>);
  return Object.fromEntries(all.filter(([name]) => !secret.has(name)));
}
