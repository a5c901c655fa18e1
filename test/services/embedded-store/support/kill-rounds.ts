import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { MongoClient } from 'mongodb';
import { startEmbeddedStore } from '../../../../services/embedded-store/start.ts';

/** What a writer said was acknowledged: the value that a document had at least. */
export type Acknowledged = Map<string, number>;
export type RoundReport = { rounds: number; acknowledged: number; problems: string[] };

/**
 * Rounds of `kill -9` under load on one folder: a process serves the store and writes to it, and reports each
 * acknowledgement; it is killed at a random moment; then the folder is opened here, and every acknowledged write
 * has to be there and every index to agree with its documents.
 */
export async function runKillRounds(rounds: number, onRound: (round: number) => void): Promise<RoundReport> {
  const folder = mkdtempSync(join(tmpdir(), 'kills-'));
  const acknowledged: Acknowledged = new Map();
  const problems: string[] = [];
  let written = 0;
  try {
    for (let round = 1; round <= rounds; round++) {
      written += await writeAndKill(folder, round, acknowledged);
      problems.push(
        ...(await checkFolder(folder, acknowledged)).map((problem) => `round ${round}: ${problem}`),
      );
      onRound(round);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return { rounds, acknowledged: written, problems };
}

async function writeAndKill(folder: string, round: number, acknowledged: Acknowledged): Promise<number> {
  const writer = spawn(
    process.execPath,
    [join(import.meta.dirname, 'kill-writer.ts'), folder, String(round)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const exited = once(writer, 'exit');
  let written = 0;
  let killAt: NodeJS.Timeout | undefined;
  for await (const line of createInterface({ input: writer.stdout })) {
    killAt ??= setTimeout(() => writer.kill('SIGKILL'), Math.random() * 400);
    if (line === 'ready') continue;
    const { ids, value } = JSON.parse(line) as { ids: string[]; value: number };
    for (const id of ids) acknowledged.set(id, value);
    written += ids.length;
  }
  await exited;
  return written;
}

async function checkFolder(folder: string, acknowledged: Acknowledged): Promise<string[]> {
  const problems: string[] = [];
  const store = await startEmbeddedStore(folder);
  const client = await MongoClient.connect(store.uri);
  try {
    const docs = client.db('test').collection<{ _id: string; value: number }>('docs');
    const found = new Map<string, number>();
    for await (const { _id, value } of docs.find()) found.set(_id, value);
    for (const [id, value] of acknowledged) {
      const now = found.get(id);
      if (now === undefined) problems.push(`${id} was acknowledged and is gone`);
      else if (now < value) problems.push(`${id} was acknowledged with ${value} and has ${now}`);
    }
    const { valid, errors } = await client.db('test').command({ validate: 'docs' });
    if (valid !== true) problems.push(...(errors as string[]));
  } finally {
    await client.close();
    await store.stop();
  }
  return problems;
}
