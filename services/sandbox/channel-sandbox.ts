/** What every channel's sandbox is to the tests and the demo. A sandbox is a folder in services/sandbox/channels/. */
import type { Router } from 'express';
import type { Misbehaviour, ReceivedRequest } from './misbehave.ts';

export interface ChannelSandboxOptions {
  /** Milliseconds until a batch or a fetched feed is worked. Default 300. */
  processingMs?: number;
  /** Milliseconds until an item's review is done. Default 200. */
  reviewMs?: number;
  /** Look whether image addresses (on this machine only) answer. Default true. */
  fetchImages?: boolean;
  /** Texts that the review rejects, something only the channel knows. */
  policyWords?: readonly string[];
  /** What the channel lets through, where it counts by the hour. Default: far more than documented, so that tests need not wait. */
  callsPerHour?: number;
  /** The same where it counts by the second or the minute. */
  callsPerMinute?: number;
}

export interface ChannelSandbox {
  /** Mounted at `/{id}`. */
  router: Router;
  /** `connect`: the options to connect a catalog with (ids, tokens, `baseUrl`). */
  describe(url: string): { connect: Record<string, unknown> };
  /** What the catalog holds now, as it was sent, by offer id. */
  contents(): Map<string, Record<string, unknown>>;
  requests(): readonly ReceivedRequest[];
  behave(change: Misbehaviour): void;
  stop(): void;
}
