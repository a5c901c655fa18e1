/** What the sandboxes do later, and how often they may be asked. */

export interface Timers {
  later(ms: number, work: () => void | Promise<void>): void;
  stop(): void;
}

export function createTimers(): Timers {
  const timers = new Set<NodeJS.Timeout>();
  return {
    later(ms, work) {
      const timer = setTimeout(() => {
        timers.delete(timer);
        void work();
      }, ms);
      timers.add(timer);
    },
    stop: () => timers.forEach((timer) => clearTimeout(timer)),
  };
}

/** Counts calls in a sliding window. */
export interface Window {
  /** True when this call is within the limit, and counts it then. */
  take(): boolean;
  /** Milliseconds until a call is free again. */
  waitMs(): number;
}

export function createWindow(limit: number, ms: number): Window {
  let calls: number[] = [];
  return {
    take() {
      const now = Date.now();
      calls = calls.filter((at) => at > now - ms);
      if (calls.length >= limit) return false;
      calls.push(now);
      return true;
    },
    waitMs: () => Math.max(0, (calls[0] ?? 0) + ms - Date.now()),
  };
}
