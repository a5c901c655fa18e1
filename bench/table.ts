import Table from 'cli-table3';
import type { BenchResult } from './result.ts';

export function printTable(results: readonly BenchResult[]): void {
  const table = new Table({ head: ['what', 'figure', 'unit', 'goal', 'met'] });
  for (const { name, figure, unit, goal, met } of results)
    table.push([
      name,
      figure === null ? 'not measured' : Number(figure.toPrecision(4)),
      unit,
      goal ?? '',
      met === null ? '' : met ? 'yes' : 'NO',
    ]);
  process.stdout.write(`${table.toString()}\n`);
}
