/** What the caller should do next: try again later, or stop and tell a person. */
export type NextStep = 'retry' | 'stop';

interface ErrorOptionsWithCode extends ErrorOptions {
  /** What a person can do about it, one sentence. */
  hint?: string;
}

/** The one base of all errors thrown on purpose. A queue looks only at `next`; people read `message` and `hint`. */
export class SyncError extends Error {
  readonly code: string;
  readonly next: NextStep;
  readonly hint: string | undefined;

  constructor(code: string, next: NextStep, message: string, options: ErrorOptionsWithCode = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.next = next;
    this.hint = options.hint;
  }
}

/** A setting is missing or wrong; only a person can mend it. */
export class ConfigError extends SyncError {
  constructor(code: string, message: string, options?: ErrorOptionsWithCode) {
    super(code, 'stop', message, options);
  }
}

/** What came from outside cannot be used: a bad argument, file or request. The caller must send something else. */
export class InputError extends SyncError {
  constructor(code: string, message: string, options?: ErrorOptionsWithCode) {
    super(code, 'stop', message, options);
  }
}

/** A source (file, shop, image address) cannot be read as it is. */
export class SourceError extends SyncError {
  constructor(code: string, message: string, options?: ErrorOptionsWithCode) {
    super(code, 'stop', message, options);
  }
}

/** The source refuses us as a whole: dead token, missing permission. Pauses it until a person connects it again. */
export class SourceRefusedError extends SyncError {
  constructor(code: string, message: string, options?: ErrorOptionsWithCode) {
    super(code, 'stop', message, options);
  }
}

/** The channel refuses us as a whole: dead token, missing permission. Pauses that channel only. */
export class ChannelError extends SyncError {
  constructor(code: string, message: string, options?: ErrorOptionsWithCode) {
    super(code, 'stop', message, options);
  }
}

/** The thing asked for does not exist (in this catalog). */
export class NotFoundError extends SyncError {
  constructor(code: string, message: string, options?: ErrorOptionsWithCode) {
    super(code, 'stop', message, options);
  }
}

/** What was asked clashes with the state of things: a run is on, a name is taken. */
export class ConflictError extends SyncError {
  constructor(code: string, message: string, options?: ErrorOptionsWithCode) {
    super(code, 'stop', message, options);
  }
}

/** The other side asks us to wait. */
export class BusyError extends SyncError {
  /** Milliseconds to wait before the next try, as told by the other side; undefined when it did not tell. */
  readonly retryAfterMs: number | undefined;
  constructor(code: string, message: string, options: ErrorOptionsWithCode & { retryAfterMs?: number } = {}) {
    super(code, 'retry', message, options);
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** The batch was too large for the channel: send it again in halves. */
export class TooLargeError extends SyncError {
  constructor(code: string, message: string, options?: ErrorOptionsWithCode) {
    super(code, 'retry', message, options);
  }
}

/** No usable answer came: dropped connection, timeout, garbage, a server fault. */
export class NoAnswerError extends SyncError {
  constructor(code: string, message: string, options?: ErrorOptionsWithCode) {
    super(code, 'retry', message, options);
  }
}
