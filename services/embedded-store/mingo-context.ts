import { Context, evalExpr } from 'mingo/core';
import * as accumulators from 'mingo/operators/accumulator';
import * as expressions from 'mingo/operators/expression';
import * as stages from 'mingo/operators/pipeline';
import * as projections from 'mingo/operators/projection';
import * as queries from 'mingo/operators/query';
import * as windows from 'mingo/operators/window';
import type { Doc } from './bson-bytes.ts';
import { expressionCorrections } from './mingo-corrections.ts';

export const mingoContext = (pipeline: object) =>
  Context.init({
    accumulator: accumulators,
    expression: { ...expressions, ...expressionCorrections },
    pipeline,
    projection: projections,
    query: queries,
    window: windows,
  } as never);

const context = mingoContext(stages);

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
