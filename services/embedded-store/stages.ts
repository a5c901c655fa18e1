import type { evalExpr } from 'mingo/core';
import { Lazy } from 'mingo/lazy';
import type { Doc } from './bson-bytes.ts';
import { compileFilter } from './filter.ts';
import { groupStage } from './group.ts';
import { mingoContext, mingoOptions } from './mingo-context.ts';
import { isPlainObject } from './order.ts';
import { projectDoc } from './projection.ts';
import { compareBy } from './sort.ts';

/**
 * Stages of a pipeline that do not go by mingo: `$match` and `$sort` by the store's own rules, `$unwind` and `$project`
 * that keep the order of fields, `$group` that does not keep its input.
 */
type Options = Parameters<typeof evalExpr>[2];
type Stream = Iterable<Doc> & {
  filter(test: (doc: Doc) => boolean): Stream;
  map(change: (doc: Doc) => Doc): Stream;
};
type Stage = (stream: Stream, expr: unknown, options: Options) => unknown;

const isNil = (value: unknown) => value === null || value === undefined;

const unwind: Stage = (stream, expr) => {
  const spec = typeof expr === 'string' ? { path: expr } : (expr as Doc);
  const path = String(spec['path']).slice(1).split('.');
  const indexField = spec['includeArrayIndex'] as string | undefined;
  const keepsEmpty = spec['preserveNullAndEmptyArrays'] === true;
  return Lazy(
    (function* () {
      for (const doc of stream) {
        const value = path.reduce<unknown>(
          (each, part) => (isPlainObject(each) ? each[part] : undefined),
          doc,
        );
        const isEmpty = isNil(value) || (Array.isArray(value) && value.length === 0);
        if (isEmpty && !keepsEmpty) continue;
        const values = Array.isArray(value) ? (value.length === 0 ? [undefined] : value) : [value];
        for (const [i, each] of values.entries()) {
          const copy = withValue(doc, path, each) as Doc;
          yield indexField === undefined
            ? copy
            : { ...copy, [indexField]: Array.isArray(value) && value.length > 0 ? BigInt(i) : null };
        }
      }
    })(),
  );
};

function withValue(doc: unknown, [part, ...rest]: string[], value: unknown): unknown {
  if (part === undefined) return value;
  const copy: Doc = { ...(doc as Doc) };
  const next = withValue(copy[part], rest, value);
  if (next === undefined) delete copy[part];
  else copy[part] = next;
  return copy;
}

const variablesOf = (options: Options) => (options as { variables?: Doc }).variables ?? {};
const match: Stage = (stream, expr, options) =>
  stream.filter(compileFilter(expr as Doc, variablesOf(options)).test);
const project: Stage = (stream, expr, options) => stream.map(projectDoc(expr as Doc, variablesOf(options)));

function* sorted(stream: Stream, expr: Doc): Generator<Doc> {
  yield* [...stream].sort(compareBy(expr));
}
const sort: Stage = (stream, expr) => Lazy(sorted(stream, expr as Doc));
const group: Stage = (stream, expr, options) => groupStage(stream, expr as Doc, options);

const context = mingoContext({
  $match: match,
  $sort: sort,
  $unwind: unwind,
  $group: group,
  $project: project,
});

export const pipelineOptions = (variables: Doc) => ({ ...mingoOptions(variables), context });
