import { existsSync, writeFileSync } from 'node:fs';
import { EXPECTED, hasSpec, readExpected, runCrudSpec, SPEC_FOLDER, toExpected } from './crud-spec.ts';

/** `npm run test:crud-spec -- [--accept]`: prints the counts, and what failed; --accept writes the expected list anew. */
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

await main();
