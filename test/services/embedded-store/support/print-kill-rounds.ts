import { parseArgs } from 'node:util';
import { runKillRounds } from './kill-rounds.ts';

/** `npm run test:store-kills -- --rounds 200` */
const { values } = parseArgs({ options: { rounds: { type: 'string', default: '10' } } });
const { rounds, acknowledged, problems } = await runKillRounds(Number(values.rounds), (round) => {
  if (round % 10 === 0) console.log(`round ${round}`);
});
for (const problem of problems) console.log(problem);
console.log(`${rounds} rounds, ${acknowledged} acknowledged writes, ${problems.length} problems`);
if (problems.length > 0 || acknowledged === 0) process.exitCode = 1;
