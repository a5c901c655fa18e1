/** What can happen to the system. Each injures at once and answers how it heals; the seed decides which, when and whom. */
import { writeFile } from 'node:fs/promises';
import type { Member, World } from './world.ts';

type Heal = () => Promise<void>;
export interface Injury {
  name: string;
  /** Undefined where it cannot happen in this world. */
  strike(world: World, random: () => number): Promise<Heal | undefined>;
}

const pick = <T>(all: readonly T[], random: () => number): T => all[Math.floor(random() * all.length)] as T;
const nothing: Heal = async () => undefined;

const killOne = async (world: World, random: () => number): Promise<Heal> => {
  const member = pick(world.members, random);
  await world.kill(member);
  return () => world.start(member);
};

const shiftClock = async (member: Member, ms: number): Promise<Heal> => {
  await writeFile(member.clockFile, String(ms));
  return () => writeFile(member.clockFile, '0');
};

export const injuries: readonly Injury[] = [
  { name: 'a process is killed', strike: killOne },
  { name: 'a process is killed and started again at once', strike: async (world, random) => {
    const heal = await killOne(world, random);
    const starting = heal();
    return () => starting;
  } },
  { name: 'Redis is killed', strike: async ({ redis }) => {
    if (!redis) return undefined;
    await redis.kill();
    return () => redis.start();
  } },
  { name: 'the connection to the store is cut', strike: async ({ store }) => {
    if (!store) return undefined;
    store.cut();
    return async () => store.heal();
  } },
  { name: 'the connection to the store is slow', strike: async ({ store }, random) => {
    if (!store) return undefined;
    store.slow(5 + random() * 40);
    return async () => store.heal();
  } },
  { name: 'the connection to the channels is cut', strike: async ({ channels }) => {
    channels.cut();
    return async () => channels.heal();
  } },
  { name: 'the connection to the channels is slow', strike: async ({ channels }, random) => {
    channels.slow(50 + random() * 300);
    return async () => channels.heal();
  } },
  { name: 'the channel loses answers after its work is done', strike: async ({ sandbox }) => {
    sandbox.channel('meta').behave({ dropNext: { count: 2, when: 'after' } });
    return nothing;
  } },
  { name: 'the channel is busy and faulty', strike: async ({ sandbox }) => {
    sandbox.channel('meta').behave({ failNext: { count: 2, status: 500 }, throttleNext: 1 });
    return nothing;
  } },
  { name: 'the token expires', strike: async ({ sandbox }) => {
    sandbox.channel('meta').behave({ tokenExpired: true });
    return async () => sandbox.channel('meta').behave({ tokenExpired: false });
  } },
  { name: 'the disk is full', strike: async ({ disk }) => {
    if (!disk) return undefined;
    disk.fill();
    return async () => disk.free();
  } },
  { name: 'a clock jumps', strike: async (world, random) => {
    const ms = pick([-3_600_000, -30_000, 30_000, 3_600_000], random);
    return shiftClock(pick(world.members, random), ms);
  } },
  { name: 'ticks come twice', strike: async (world) => {
    const second = world.spareClock;
    if (!second) return undefined;
    await world.start(second);
    return () => world.kill(second);
  } },
]; // prettier-ignore
