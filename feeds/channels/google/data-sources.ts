/**
 * Where items come from in Merchant Center: one source that we push to, and one that fetches our feed.
 * https://developers.google.com/merchant/api/guides/data-sources
 */
import { z } from 'zod';
import { ChannelError, NotFoundError } from '../../../catalog/errors.ts';
import type { Issue } from '../../../catalog/issue.ts';
import type { FeedResult, FeedToRegister } from '../../channel.ts';
import { readAs } from './answers.ts';
import type { Client } from './client.ts';
import type { GoogleOptions } from './index.ts';
import { pages } from './limits.ts';

const sourceSchema = z.object({
  name: z.string(),
  displayName: z.string().default(''),
  input: z.string().default(''),
  fileInput: z.object({ fetchSettings: z.unknown().optional() }).optional(),
});
type Source = z.infer<typeof sourceSchema>;
const sourcesSchema = z.object({
  dataSources: z.array(sourceSchema).default([]),
  nextPageToken: z.string().optional(),
});
const uploadSchema = z.object({
  processingState: z.string().default(''),
  itemsTotal: z.coerce.number().default(0),
  itemsCreated: z.coerce.number().default(0),
  itemsUpdated: z.coerce.number().default(0),
  uploadTime: z.string().optional(),
  issues: z
    .array(
      z.object({
        title: z.string().default(''),
        description: z.string().default(''),
        code: z.string().default(''),
        count: z.coerce.number().default(0),
        severity: z.string().default(''),
        documentationUri: z.string().default(''),
      }),
    )
    .default([]),
});

/** Shown in Merchant Center, and how our own source is found again. */
const ownDisplayName = 'Shelfcast';

export function createDataSources(
  { account, ask }: Client,
  options: GoogleOptions,
  keep: (changed: Partial<GoogleOptions>) => Promise<void>,
) {
  const path = `/datasources/v1/${account}/dataSources`;
  let ownId = options.dataSourceId;

  async function find(matches: (source: Source) => boolean): Promise<Source | undefined> {
    let pageToken = '';
    do {
      const query = new URLSearchParams({ pageSize: '1000', ...(pageToken ? { pageToken } : {}) });
      const answer = await ask('GET', `${path}?${query.toString()}`);
      const { dataSources, nextPageToken = '' } = readAs(sourcesSchema, answer);
      const found = dataSources.find(matches);
      if (found) return found;
      pageToken = nextPageToken;
    } while (pageToken !== '');
    return undefined;
  }

  /** Looks before it makes one, so that a kill between making and keeping leaves no twin. */
  async function findOwn(): Promise<Source> {
    const found = await find(({ displayName, input }) => displayName === ownDisplayName && input === 'API');
    if (found) return found;
    // without language and label it takes the items of every country
    const body = { displayName: ownDisplayName, primaryProductDataSource: {} };
    return readAs(sourceSchema, await ask('POST', path, body));
  }

  let making: Promise<string> | undefined;

  async function ownName(): Promise<string> {
    if (ownId !== undefined) return `${account}/dataSources/${ownId}`;
    making ??= (async () => {
      const { name } = await findOwn();
      ownId = idOf(name);
      await keep({ dataSourceId: ownId });
      return name;
    })().finally(() => {
      making = undefined;
    });
    return making;
  }

  /** Proves that we are let in; answers our source's name. */
  async function check(): Promise<string> {
    const name = await ownName();
    try {
      const source = readAs(sourceSchema, await ask('GET', `/datasources/v1/${name}`));
      if (source.input === '' || source.input === 'API') return source.displayName || name;
      throw new ChannelError('google_data_source_wrong', `The data source "${source.displayName}" is not one for the API.`, {
        hint: 'Leave the data source id empty: one is made then.',
      }); // prettier-ignore
    } catch (error) {
      if (error instanceof NotFoundError) throw lost(error);
      throw error;
    }
  }

  const lost = (cause: Error): ChannelError =>
    new ChannelError('google_data_source_unknown', `Google has no data source ${ownId ?? ''} in ${account}.`, {
      hint: 'Connect Google again with the data source id left empty: one is made then.',
      cause,
    }); // prettier-ignore

  async function registerFeed(feed: FeedToRegister): Promise<{ feedId: string }> {
    const fileInput = {
      fetchSettings: {
        enabled: true,
        frequency: 'FREQUENCY_DAILY',
        timeOfDay: { hours: feed.hour },
        timeZone: 'UTC',
        fetchUri: feed.url,
      },
    };
    const found = await find(({ displayName, fileInput: file }) => displayName === feed.name && file !== undefined); // prettier-ignore
    if (found) {
      const body = { name: found.name, displayName: feed.name, fileInput };
      await ask('PATCH', `/datasources/v1/${found.name}?updateMask=fileInput.fetchSettings`, body);
      return { feedId: idOf(found.name) };
    }
    const primaryProductDataSource = {
      contentLanguage: options.contentLanguage ?? feed.language.slice(0, 2).toLowerCase(),
      feedLabel: options.feedLabel ?? feed.country,
      countries: [feed.country],
    };
    const answer = await ask('POST', path, { displayName: feed.name, primaryProductDataSource, fileInput });
    return { feedId: idOf(readAs(sourceSchema, answer).name) };
  }

  async function fetchFeed(feedId: string): Promise<{ handle: string }> {
    await ask('POST', `${path}/${feedId}:fetch`, {});
    // Google gives no receipt: its last upload is the one
    return { handle: 'latest' };
  }

  async function feedResult(feedId: string): Promise<FeedResult | undefined> {
    try {
      const answer = await ask('GET', `${path}/${feedId}/fileUploads/latest`);
      return toFeedResult(readAs(uploadSchema, answer));
    } catch (error) {
      if (error instanceof NotFoundError) return undefined;
      throw error;
    }
  }

  return { ownName, check, lost, registerFeed, fetchFeed, feedResult };
}

const idOf = (name: string): string => name.split('/').at(-1) ?? name;

const states: Readonly<Record<string, FeedResult['status']>> = {
  SUCCEEDED: 'done',
  FAILED: 'failed',
  IN_PROGRESS: 'working',
};

/** Google counts the items of an upload and says what is wrong with some, but not which: the products tell. */
function toFeedResult(upload: z.infer<typeof uploadSchema>): FeedResult {
  const accepted = upload.itemsCreated + upload.itemsUpdated;
  const status = states[upload.processingState] ?? 'working';
  const result: FeedResult = {
    at: new Date(upload.uploadTime ?? Date.now()),
    status,
    outcomes: [],
    issues: upload.issues.map(toUploadIssue),
  };
  if (status !== 'working') Object.assign(result, { read: upload.itemsTotal, accepted, rejected: Math.max(0, upload.itemsTotal - accepted) }); // prettier-ignore
  return result;
}

function toUploadIssue(issue: z.infer<typeof uploadSchema>['issues'][number]): Issue {
  const text = [issue.title, issue.description].filter((part) => part !== '').join(': ');
  return {
    code: /[a-z]/i.test(issue.code)
      ? issue.code.toLowerCase().replace(/[^a-z0-9]+/g, '_')
      : 'noted_by_google',
    severity: issue.severity === 'ERROR' ? 'error' : 'warning',
    message: `Google says of the feed: ${text}${issue.count > 0 ? ` (${issue.count} items)` : ''}`,
    hint: 'Look at the items that Merchant Center names under Data sources, and correct them in the shop.',
    link: issue.documentationUri || pages.dataSources,
    from: 'channel',
  };
}
