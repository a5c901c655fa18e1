import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedStore } from '../../../../services/embedded-store/start.ts';
import { runFile, type Verdict } from './unified-format.ts';

/** MongoDB's CRUD specification tests; they are not part of this repository (see their licence). */
const root = join(import.meta.dirname, '..', '..', '..', '..');
export const SPEC_FOLDER = join(root, '..', 'shared', 'conformance', 'crud');
export const hasSpec = () => existsSync(SPEC_FOLDER);

/** The verdicts as they were when last accepted: what may not get worse. */
export const EXPECTED = join(root, 'test', 'services', 'embedded-store', 'crud-spec.expected.json');
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
