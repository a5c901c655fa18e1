/** What a channel's server does when it has a bad day; the same for every channel. */
import type { Request, RequestHandler, Response } from 'express';

export interface Misbehaviour {
  /** Milliseconds before every answer. */
  slowMs?: number;
  /** The next `count` calls are answered with this status and no useful body. */
  failNext?: { count: number; status: number };
  /** The next calls lose their connection, before or after their work is done. */
  dropNext?: { count: number; when: 'before' | 'after' };
  /** The next calls are answered with a page instead of JSON. */
  garbageNext?: number;
  /** The next calls are throttled the way the channel does. */
  throttleNext?: number;
  /** How a throttled call is told when to come back. Default: seconds. */
  retryAfter?: 'seconds' | 'date';
  /** These offers, and no others, are refused as forbidden (403 where each is a request of its own). */
  forbidItems?: readonly string[];
  /** The token is refused from now on, and so is refreshing it. */
  tokenExpired?: boolean;
  /**
   * This share (0..1) of all calls fails, by a seeded chance, in one of all ways: 500, 503, a page instead of JSON, 429 with
   * Retry-After in either form, a connection dropped before or after the work.
   */
  failShare?: number;
  seed?: number;
}

/** One call as it was received. */
export interface ReceivedRequest {
  method: string;
  /** Without the query. */
  path: string;
  /** Ids in the call's items, where it has some. */
  ids: string[];
  status: number;
  at: Date;
}

/** Small seeded generator (mulberry32), so that a failing test can be replayed. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const page = '<html><body>Sorry, something went wrong.</body></html>';

/** The work is done, the answer is lost on its way. */
function loseAnswer(req: Request, res: Response): void {
  res.json = () => {
    req.socket.destroy();
    return res;
  };
}

export interface Behaviour {
  readonly now: Misbehaviour;
  set(change: Misbehaviour): void;
  readonly requests: ReceivedRequest[];
  /** Put before the channel's own endpoints. */
  middleware: RequestHandler;
}

/** How many calls are remembered. */
const remembered = 10_000;

export function createBehaviour(): Behaviour {
  let now: Misbehaviour = {};
  let random = createRandom(1);
  const requests: ReceivedRequest[] = [];
  const spend = (left: number | undefined): number | undefined => (left && left > 1 ? left - 1 : undefined);

  /** One of the seven ways; answers as `misbehave` does. */
  function failSomehow(req: Request, res: Response, way: number): boolean {
    if (way === 0) req.socket.destroy();
    else if (way === 1) loseAnswer(req, res);
    else if (way === 2) res.type('html').send(page);
    else if (way === 3) res.status(500).end('oops');
    else if (way === 4) res.status(503).end('oops');
    else {
      res.setHeader('retry-after', way === 5 ? '1' : new Date(Date.now() + 1_000).toUTCString());
      res.status(429).json({});
    }
    return way !== 1;
  }

  /** Answers true when it has dealt with the call. */
  function misbehave(req: Request, res: Response): boolean {
    if (now.failShare && random() < now.failShare) {
      return failSomehow(req, res, Math.floor(random() * 7));
    }
    if (now.dropNext) {
      const { count, when } = now.dropNext;
      const left = spend(count);
      const { dropNext: _, ...rest } = now;
      now = left ? { ...rest, dropNext: { count: left, when } } : rest;
      if (when === 'before') {
        req.socket.destroy();
        return true;
      }
      loseAnswer(req, res);
    }
    if (now.failNext) {
      const { count, status } = now.failNext;
      const left = spend(count);
      const { failNext: _, ...rest } = now;
      now = left ? { ...rest, failNext: { count: left, status } } : rest;
      res.status(status).end('oops');
      return true;
    }
    if (now.garbageNext) {
      const left = spend(now.garbageNext);
      const { garbageNext: _, ...rest } = now;
      now = left ? { ...rest, garbageNext: left } : rest;
      res.type('html').send(page);
      return true;
    }
    return false;
  }

  return {
    get now() {
      return now;
    },
    set(change) {
      now = { ...now, ...change };
      if (change.seed !== undefined) random = createRandom(change.seed);
    },
    requests,
    middleware(req, res, next) {
      const entry: ReceivedRequest = {
        method: req.method,
        path: req.path,
        ids: [],
        status: 0,
        at: new Date(),
      };
      requests.push(entry);
      if (requests.length > remembered) requests.shift();
      res.locals['received'] = entry;
      res.on('close', () => (entry.status = res.writableEnded ? res.statusCode : 0));
      const go = (): void => {
        if (!misbehave(req, res)) next();
      };
      if (now.slowMs) setTimeout(go, now.slowMs);
      else go();
    },
  };
}

/** True when this call is one of those to be throttled. */
export function takeThrottle(behaviour: Behaviour): boolean {
  const { throttleNext = 0 } = behaviour.now;
  if (throttleNext === 0) return false;
  behaviour.set({ throttleNext: throttleNext - 1 });
  return true;
}

/** Tells a throttled caller when to come back, in the form that is asked for: RFC 9110, 10.2.3. */
export function tellRetryAfter(behaviour: Behaviour, res: Response, seconds: number): void {
  const date = new Date(Date.now() + seconds * 1_000).toUTCString();
  res.setHeader('retry-after', behaviour.now.retryAfter === 'date' ? date : String(seconds));
}
