import { writeFileSync } from 'node:fs';
import type { BenchResult } from './result.ts';

const [name, out] = process.argv.slice(2);
const module = (await import(`./${name}.ts`)) as { default: () => Promise<BenchResult[]> };
writeFileSync(out ?? '/dev/stdout', JSON.stringify(await module.default()));
process.exit(0);
