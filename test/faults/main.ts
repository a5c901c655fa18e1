/**
 * `npm run test:faults -- [--rounds 100] [--seed 1] [--mode embedded|redis]`: injures the whole system at random and looks
 * whether everything holds. Without a mode even seeds run on the embedded queue, odd ones on Redis. Exit code 1 with a
 * breach; the last line of a failed round is the command that replays it.
 */
import { parseArgs } from 'node:util';
import { findRedis } from '../support/redis.ts';
import { runRound, type RoundResult } from './round.ts';
import { startWorld, type Mode, type World } from './world.ts';

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    mode: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const redisBinary = findRedis();
if (redisBinary === undefined)
  say('There is no redis-server here, and it cannot be installed: only the embedded queue is tried.');
const modeOf = (seed: number): Mode => {
  if (redisBinary === undefined || values.mode === 'embedded') return 'embedded';
  return values.mode === 'redis' || seed % 2 === 1 ? 'redis' : 'embedded';
};

const worlds = new Map<Mode, World>();
async function worldOf(mode: Mode): Promise<World> {
  const there = worlds.get(mode);
  if (there) return there;
  const world = await startWorld(mode, redisBinary);
  if (!world.disk) say('Mounting is not allowed here: the disk is never filled.');
  await Promise.all(world.members.map((member) => world.start(member)));
  worlds.set(mode, world);
  return world;
}

const results: RoundResult[] = [];
try {
  for (let n = 0; n < Number(values.rounds); n++) {
    const seed = Number(values.seed) + n;
    const mode = modeOf(seed);
    const world = await worldOf(mode);
    const result = await runRound(world, seed);
    results.push(result);
    const parts = Object.entries(result.parts)
      .map(([part, seconds]) => `${part} ${seconds}`)
      .join(', ');
    const verdict = result.breaches.length === 0 ? 'ok    ' : 'BREACH';
    say(
      `${verdict} seed ${seed} on ${mode}: ${result.seconds.toFixed(1)} s (${parts}), ${result.imports} imports, ${result.interruptions} interruptions; ${result.injuries.join(', ')}`,
    );
    if (result.breaches.length === 0) continue;
    process.exitCode = 1;
    for (const breach of result.breaches.slice(0, 20)) say(`  ${breach}`);
    for (const line of world.log.slice(-15)) say(`  | ${line.slice(0, 400)}`);
    say(`  replay: npm run test:faults -- --rounds 1 --seed ${seed} --mode ${mode}`);
    // what is broken must not spoil the next round
    await world.stop();
    worlds.delete(mode);
  }
} finally {
  for (const world of worlds.values()) await world.stop();
}
const bad = results.filter(({ breaches }) => breaches.length > 0).length;
say(`${results.length - bad} rounds held, ${bad} did not.`);
if (values.json) say(JSON.stringify(results));
process.exit();
