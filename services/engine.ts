/** Puts the parts together: stores, channels, sources, outgoing HTTP, files, images and the queue. */
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Log } from '../catalog/context.ts';
import { createImagePool } from '../catalog/images.ts';
import { loadSources } from '../catalog/source.ts';
import { createChangeStore } from '../catalog/store/changes.ts';
import { createAlertStore } from '../catalog/store/alerts.ts';
import { createCatalogStore } from '../catalog/store/catalogs.ts';
import { createProductStore } from '../catalog/store/products.ts';
import { createRunStore } from '../catalog/store/runs.ts';
import { createViewStore } from '../catalog/store/views.ts';
import { createSourceCallStore } from '../catalog/store/source-calls.ts';
import { createSourceInstallStore } from '../catalog/store/source-installs.ts';
import { createSupplementStore } from '../catalog/store/supplements.ts';
import { createScheduleStore } from '../catalog/store/schedules.ts';
import { loadChannels } from '../feeds/channel.ts';
import { createBudgetStore } from '../feeds/store/budgets.ts';
import { createCardStore, type CardStore } from '../feeds/store/cards.ts';
import { createFeedVersionStore } from '../feeds/store/feed-versions.ts';
import { createIssueGroupStore } from '../feeds/store/issue-groups.ts';
import { createDayStore } from '../feeds/store/days.ts';
import { createListingStore } from '../feeds/store/listings.ts';
import { createMuteStore } from '../feeds/store/mutes.ts';
import { createRegistrationStore } from '../feeds/store/registrations.ts';
import { createSendStore } from '../feeds/store/sends.ts';
import { createReportStore } from '../feeds/store/reports.ts';
import type { JobContext, OpenQueue } from '../jobs/job.ts';
import type { Config } from './config.ts';
import { createConnector, createSourceOpener, createSupplementOpener } from './connector.ts';
import type { Database } from './database.ts';
import { createHttpClient } from './http-client.ts';
import { createNotifier, type Notifier } from './notify.ts';
import { openFileStore } from './open-file-store.ts';
import { createHostResolver } from './resolve-host.ts';
import { openQueue } from './queue.ts';
import { createUploads, type Uploads } from './uploads.ts';
import { createVault, type Vault } from './vault.ts';

export interface Engine {
  ctx: JobContext;
  vault: Vault;
  queue: OpenQueue;
  notifier: Notifier;
  uploads: Uploads;
  /** Sends the spans that are left. */
  stopTracing(): Promise<void>;
}

export async function createEngine(
  config: Config,
  database: Database,
  log: Log,
  publicUrl: string,
): Promise<Engine> {
  const { connection } = database;
  // loaded only where it is wanted
  const tracing = config.otlpEndpoint
    ? (await import('./tracing.ts')).startTracing(config.otlpEndpoint, config.otlpServiceName)
    : undefined;
  const mutes = createMuteStore(connection);
  const groups = createIssueGroupStore(connection);
  const cards: CardStore = createCardStore(connection, {
    mutes,
    groups,
    findListings: (ids) => listings.findStates(ids),
  });
  const listings = createListingStore(connection, cards);
  const stores = {
    catalogs: createCatalogStore(connection),
    products: createProductStore(connection),
    runs: createRunStore(connection, {
      leaseMs: 2 * config.jobLeaseMs,
      ...(tracing ? { onEnd: tracing.run } : {}),
    }),
    listings,
    cards,
    groups,
    mutes,
    changes: createChangeStore(connection),
    views: createViewStore(connection),
    sends: createSendStore(connection),
    registrations: createRegistrationStore(connection),
    reports: createReportStore(connection),
    schedules: createScheduleStore(connection),
    days: createDayStore(connection),
    sourceCalls: createSourceCallStore(connection),
    sourceInstalls: createSourceInstallStore(connection),
    supplements: createSupplementStore(connection),
    alerts: createAlertStore(connection),
    budgets: createBudgetStore(connection),
    feedVersions: createFeedVersionStore(connection),
  };
  const queue = await openQueue(config, database, log);
  for (const store of [...Object.values(stores), queue]) await store.sync();
  const channels = await loadChannels(
    config.channelFolders.map((folder) => pathToFileURL(`${resolve(folder)}/`)),
  );
  const sources = await loadSources();
  const vault = createVault(config.encryptionKey);
  const http = createHttpClient({ allowPrivate: config.allowPrivateHosts, log });
  const files = await openFileStore(config, `${publicUrl}/files`);
  const resolveHost = createHostResolver(config.allowPrivateHosts);
  const outside = { log, http, resolveHost, files, now: () => new Date() };

  const notifier = createNotifier(stores.alerts, vault, http);
  const connect = createConnector({
    catalogs: stores.catalogs,
    channels,
    vault,
    http,
    budgets: stores.budgets,
    tracing,
  });

  const uploads = createUploads({
    folder: join(config.dataDir, 'uploads'),
    kept: config.uploadsKept,
    runs: stores.runs,
    now: outside.now,
    shared: config.s3 ? files : undefined,
  });
  const ctx: JobContext = {
    ...outside,
    ...(tracing ? { tracing } : {}),
    stores,
    sources,
    channels,
    connect,
    openSource: createSourceOpener({ catalogs: stores.catalogs, sources, vault }),
    locateUpload: uploads.locate,
    openSupplement: createSupplementOpener(stores.supplements, vault),
    images: createImagePool(outside, { concurrency: config.imageConcurrency }),
    queue,
    targets: notifier.targets,
    notify: notifier.notify,
    settings: {
      feedVersions: config.feedVersions,
      publicUrl,
      checkEveryMs: config.checkEveryMs,
      fileUrl: (key) => files.publicUrl(key),
    },
  };
  return { ctx, vault, queue, notifier, uploads, stopTracing: async () => tracing?.stop() };
}
