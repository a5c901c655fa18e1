import { evalExpr } from 'mingo/core';
import { Lazy } from 'mingo/lazy';
import type { Doc } from './bson-bytes.ts';
import { CommandError } from './errors.ts';
import { addNumbers, toDouble } from './numbers.ts';
import { compareValues, isNumeric, isPlainObject, keyText } from './order.ts';

/**
 * `$group` in one pass that keeps a state per group and not its documents. Accumulators that nobody
 * here sends are refused (https://www.mongodb.com/docs/manual/reference/operator/aggregation/group/).
 */
type Options = Parameters<typeof evalExpr>[2];
type Accumulator = {
  start: () => unknown;
  add: (state: never, value: unknown) => unknown;
  end?: (state: never) => unknown;
};
type Average = { sum: unknown; count: number };

const ACCUMULATORS: { [name: string]: Accumulator } = {
  $sum: { start: () => 0, add: (sum: unknown, value) => (isNumeric(value) ? addNumbers(sum, value) : sum) },
  $count: { start: () => 0, add: (count: number) => count + 1 },
  $avg: {
    start: (): Average => ({ sum: 0, count: 0 }),
    add: ({ sum, count }: Average, value) =>
      isNumeric(value) ? { sum: addNumbers(sum, value), count: count + 1 } : { sum, count },
    end: ({ sum, count }: Average) => (count === 0 ? null : toDouble(Number(sum) / count)),
  },
  $min: { start: () => undefined, add: (least: unknown, value) => pick(least, value, 1), end: orNull },
  $max: { start: () => undefined, add: (most: unknown, value) => pick(most, value, -1), end: orNull },
  $first: {
    start: () => undefined,
    add: (first: { value: unknown } | undefined, value) => first ?? { value },
    end: (first: { value: unknown } | undefined) => orNull(first?.value),
  },
  $push: {
    start: () => [],
    add: (values: unknown[], value) => (value === undefined ? values : (values.push(value), values)),
  },
  $addToSet: {
    start: () => new Map<string, unknown>(),
    add: (values: Map<string, unknown>, value) =>
      value === undefined ? values : values.set(keyText(value), values.get(keyText(value)) ?? value),
    end: (values: Map<string, unknown>) => [...values.values()],
  },
};

function orNull(value: unknown): unknown {
  return value === undefined ? null : value;
}

function pick(best: unknown, value: unknown, direction: number): unknown {
  if (value === undefined || value === null) return best;
  return best === undefined || direction * compareValues(value, best) < 0 ? value : best;
}

export function groupStage(stream: Iterable<Doc>, spec: Doc, options: Options): unknown {
  if (!('_id' in spec)) throw new CommandError('Location15955', 'a group specification must include an _id');
  const fields = Object.entries(spec).filter(([name]) => name !== '_id');
  const columns = fields.map(([name, expr]) => {
    const [[operator, operand] = ['', undefined], ...others] = isPlainObject(expr)
      ? Object.entries(expr)
      : [];
    const accumulator = Object.hasOwn(ACCUMULATORS, operator) ? ACCUMULATORS[operator] : undefined;
    if (accumulator === undefined || others.length > 0)
      throw new CommandError('Location15952', `unknown group operator '${operator}'`);
    return { name, accumulator, value: compileExpression(operand, options) };
  });
  const idOf = compileExpression(spec['_id'], options);
  return Lazy(
    (function* () {
      const groups = new Map<string, { id: unknown; states: unknown[] }>();
      for (const doc of stream) {
        const id = idOf(doc) ?? null;
        const key = typeof id === 'string' ? id : `\0${keyText(id)}`;
        let group = groups.get(key);
        if (group === undefined)
          groups.set(key, (group = { id, states: columns.map(({ accumulator }) => accumulator.start()) }));
        for (const [i, { accumulator, value }] of columns.entries())
          group.states[i] = accumulator.add(group.states[i] as never, value(doc));
      }
      for (const { id, states } of groups.values()) {
        const row: Doc = { _id: id };
        for (const [i, { name, accumulator }] of columns.entries())
          row[name] = accumulator.end === undefined ? states[i] : accumulator.end(states[i] as never);
        yield row;
      }
    })(),
  );
}

/** A field or a constant is read directly; all else is mingo's. */
function compileExpression(expr: unknown, options: Options): (doc: Doc) => unknown {
  if (typeof expr === 'number' || expr === null) return () => expr;
  if (typeof expr === 'string' && /^\$[^$.]+$/.test(expr)) {
    const name = expr.slice(1);
    return (doc) => (Object.hasOwn(doc, name) ? doc[name] : undefined);
  }
  return (doc) => evalExpr(doc as never, expr as never, options);
}
