import { splitPipeline } from './aggregate.ts';
import type { Doc } from './bson-bytes.ts';
import type { Call } from './commands.ts';
import { VERSION } from './commands-admin.ts';
import { toDocument } from './commands-read.ts';
import { findCover, toCounting, toSamples, type Cover } from './covered.ts';
import type { Index } from './index-keys.ts';
import { eachFound, toPlans, type Counters, type Query } from './read.ts';
import type { Collection } from './records.ts';

export function explain(call: Call): Doc {
  const command = toDocument(call.body['explain']);
  const [name, target] = Object.entries(command)[0] as [string, unknown];
  const ns = `${call.db}.${String(target)}`;
  const collection = call.storage.collections.get(ns);
  const query = toQuery(name, command);
  if (collection === undefined)
    return { queryPlanner: { namespace: ns, winningPlan: { stage: 'EOF' } }, ok: 1 };
  const counters: Counters = { keys: 0, docs: 0 };
  const start = performance.now();
  const cover = name === 'aggregate' ? findCount(collection, query, command) : undefined;
  const samples = cover && toSamples(call.storage, collection, query, cover, counters);
  const winningPlan = samples ? toCountStage(cover.plan.index) : toStages(collection, query);
  let nReturned = 0;
  if (call.body['verbosity'] !== 'queryPlanner')
    for (const _ of samples ?? eachFound(call.storage, collection, query, counters)) nReturned += 1;
  return {
    explainVersion: '1',
    queryPlanner: { namespace: ns, parsedQuery: query.filter, winningPlan, rejectedPlans: [] },
    executionStats: {
      executionSuccess: true,
      nReturned,
      executionTimeMillis: Math.round(performance.now() - start),
      totalKeysExamined: counters.keys,
      totalDocsExamined: counters.docs,
    },
    serverInfo: { version: VERSION },
    ok: 1,
  };
}

function toQuery(name: string, command: Doc): Query {
  if (name === 'aggregate') return splitPipeline(command['pipeline'] as Doc[]).query;
  const statement = toDocument(((command['updates'] ?? command['deletes'] ?? []) as Doc[])[0]);
  const filter = toDocument(command['filter'] ?? command['query'] ?? statement['q']);
  return {
    filter,
    sort: command['sort'] as Doc | undefined,
    hint: command['hint'],
    limit: Number(command['limit'] ?? 0),
    skip: Number(command['skip'] ?? 0),
  };
}

/** The index that answers a pipeline which counts by values that it begins with. */
function findCount(collection: Collection, query: Query, command: Doc): Cover | undefined {
  const [first] = splitPipeline(command['pipeline'] as Doc[]).rest;
  const counting = first === undefined ? undefined : toCounting(first);
  return counting && findCover(collection, query, counting.paths);
}

const toCountStage = ({ name, key }: Index): Doc => ({
  stage: 'DISTINCT_SCAN',
  keyPattern: key,
  indexName: name,
});

function toStages(collection: Collection, query: Query): Doc {
  const sort = query.sort !== undefined && Object.keys(query.sort).length > 0 ? query.sort : undefined;
  const plans = toPlans(collection, query, sort);
  const stages = plans.map((plan): Doc => {
    const direction = plan.isReverse ? 'backward' : 'forward';
    if (plan.index.isPrimary && plan.score < 5) return { stage: 'COLLSCAN', direction };
    if (plan.index.isPrimary && plan.score >= 20) return { stage: 'IDHACK' };
    const { name, key, isMultikey, isUnique, isSparse } = plan.index;
    const scan = {
      stage: 'IXSCAN',
      keyPattern: key,
      indexName: name,
      isMultiKey: isMultikey,
      isUnique,
      isSparse,
      direction,
      ranges: plan.ranges.length,
    };
    return plan.index.isPrimary
      ? { ...scan, stage: 'CLUSTERED_IXSCAN' }
      : { stage: 'FETCH', inputStage: scan };
  });
  const access = stages.length === 1 ? (stages[0] as Doc) : { stage: 'OR', inputStages: stages };
  return plans.every(({ isSorted }) => isSorted)
    ? access
    : { stage: 'SORT', sortPattern: sort, inputStage: access };
}
