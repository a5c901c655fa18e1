import type { Doc } from './bson-bytes.ts';

/** Codes and names: https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml */
const CODES = {
  InternalError: 1,
  BadValue: 2,
  NoSuchKey: 4,
  FailedToParse: 9,
  Unauthorized: 13,
  TypeMismatch: 14,
  Overflow: 15,
  InvalidLength: 16,
  AuthenticationFailed: 18,
  IllegalOperation: 20,
  NamespaceNotFound: 26,
  IndexNotFound: 27,
  PathNotViable: 28,
  ConflictingUpdateOperators: 40,
  CursorNotFound: 43,
  NamespaceExists: 48,
  DollarPrefixedFieldName: 52,
  InvalidIdField: 53,
  CommandNotFound: 59,
  ImmutableField: 66,
  CannotCreateIndex: 67,
  InvalidOptions: 72,
  InvalidNamespace: 73,
  IndexOptionsConflict: 85,
  IndexKeySpecsConflict: 86,
  OutOfDiskSpace: 14031,
  CannotIndexParallelArrays: 171,
  InvalidPipelineOperator: 168,
  NotImplemented: 238,
  BSONObjectTooLarge: 10334,
  DuplicateKey: 11000,
  Location15952: 15952,
  Location15955: 15955,
  Location17124: 17124,
  Location40081: 40081,
  Location40324: 40324,
  Location40415: 40415,
  Location31253: 31253,
} as const;
export type CodeName = keyof typeof CODES;

/** An error of the protocol: what MongoDB itself would answer. */
export class CommandError extends Error {
  readonly codeName: CodeName;
  readonly code: number;
  readonly more: Doc;
  constructor(codeName: CodeName, message: string, more: Doc = {}) {
    super(message);
    this.codeName = codeName;
    this.code = CODES[codeName];
    this.more = more;
  }
}

export const badValue = (message: string) => new CommandError('BadValue', message);

/** The error document of a write statement or a command. */
export const toErrorFields = (error: CommandError): Doc => ({
  code: error.code,
  codeName: error.codeName,
  errmsg: error.message,
  ...error.more,
});
