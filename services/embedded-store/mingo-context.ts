import { Context, evalExpr } from 'mingo/core';
import * as accumulators from 'mingo/operators/accumulator';
import * as expressions from 'mingo/operators/expression';
import * as stages from 'mingo/operators/pipeline';
import * as queries from 'mingo/operators/query';
import type { Doc } from './bson-bytes.ts';
import { expressionCorrections } from './mingo-corrections.ts';

const pick = (operators: object, names: string) =>
  Object.fromEntries(names.split(' ').map((name) => [name, (operators as Doc)[name]]));

/** What of mingo is offered: where its way with BSON is MongoDB's. All else is refused as unknown. */
const offered = {
  accumulator: pick(accumulators, '$addToSet $first $last $max $mergeObjects $min $push $sum'),
  expression: {
    ...pick(
      expressions,
      '$and $arrayElemAt $concat $concatArrays $cond $filter $ifNull $isArray $let $literal',
    ),
    ...pick(expressions, '$map $mergeObjects $not $or $rand $setField $slice $switch $toLower $toUpper'),
    ...expressionCorrections,
  },
  query: pick(queries, '$expr'),
};
const OFFERED_STAGES = '$addFields $documents $limit $replaceRoot $replaceWith $set $skip $unset';

export const mingoContext = (own: object) =>
  Context.init({ ...offered, pipeline: { ...pick(stages, OFFERED_STAGES), ...own } } as never);

const context = mingoContext({});

/** What every call into mingo is given. Scripts ($where, $function) stay off: data is never run. */
export const mingoOptions = (variables: Doc = {}) => ({
  context,
  scriptEnabled: false,
  variables,
  processingMode: 0,
});

/** The variables of a command's `let`, whose values are expressions of constants. */
export const toVariables = (spec: unknown): Doc =>
  spec === undefined ? {} : (evalExpr({}, spec as never, mingoOptions() as never) as Doc);
