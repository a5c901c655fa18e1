import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedStore } from '../../../../services/embedded-store/start.ts';
import { runFile, type Verdict } from './unified-format.ts';

/** MongoDB's CRUD specification tests; they are not part of this repository (see their licence). */
const root = join(import.meta.dirname, '..', '..', '..', '..');
export const SPEC_FOLDER = join(root, '..', 'shared', 'conformance', 'crud');
export const hasSpec = () => existsSync(SPEC_FOLDER);

/** The verdicts as they were when last accepted: what may not get worse. */
const EXPECTED = join(root, 'test', 'services', 'embedded-store', 'crud-spec.expected.json');
export type Expected = {
  passed: number;
  leftOut: { [name: string]: string };
  failed: { [name: string]: string };
};
export const readExpected = () => JSON.parse(readFileSync(EXPECTED, 'utf8')) as Expected;

export async function runCrudSpec(): Promise<Verdict[]> {
  const folder = mkdtempSync(join(tmpdir(), 'crud-spec-'));
  const store = await startEmbeddedStore(folder);
  const verdicts: Verdict[] = [];
  try {
    for (const file of readdirSync(SPEC_FOLDER).toSorted())
      if (file.endsWith('.json'))
        verdicts.push(
          ...(await runFile(
            store.uri,
            file.replace('.json', ''),
            readFileSync(join(SPEC_FOLDER, file), 'utf8'),
          )),
        );
  } finally {
    await store.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  return verdicts;
}

export function toExpected(verdicts: readonly Verdict[], reasons: Expected['failed']): Expected {
  const named = (outcome: Verdict['outcome']) => verdicts.filter((each) => each.outcome === outcome);
  return {
    passed: named('passed').length,
    leftOut: Object.fromEntries(named('left out').map(({ name, reason }) => [name, reason])),
    failed: Object.fromEntries(named('failed').map(({ name, reason }) => [name, reasons[name] ?? reason])),
  };
}

/** `node crud-spec.ts [--accept]`: prints the counts, and what failed; --accept writes the expected list anew. */
async function main(): Promise<void> {
  if (!hasSpec()) {
    console.log(`SKIPPED: MongoDB's CRUD tests are not at ${SPEC_FOLDER}`);
    return;
  }
  const verdicts = await runCrudSpec();
  const isAccepting = process.argv.includes('--accept');
  const before = existsSync(EXPECTED) ? readExpected() : { passed: 0, leftOut: {}, failed: {} };
  const now = toExpected(verdicts, before.failed);
  const failed = Object.keys(now.failed);
  const leftOut = Object.keys(now.leftOut).length;
  for (const { name, outcome, reason } of verdicts)
    if (outcome === 'failed') console.log(`failed  ${name}\n        ${reason}`);
  const share = (100 * now.passed) / (now.passed + failed.length);
  console.log(
    `passed ${now.passed}, failed ${failed.length}, left out ${leftOut}; ${share.toFixed(1)} % of those that apply`,
  );
  if (isAccepting) writeFileSync(EXPECTED, `${JSON.stringify(now, null, 2)}\n`);
  else if (failed.some((name) => !(name in before.failed))) process.exitCode = 1;
}

if (process.argv[1] === import.meta.filename) await main();
