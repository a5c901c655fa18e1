/** One measured figure. `goal` and `met` are null where there is nothing to reach. */
export interface BenchResult {
  name: string;
  /** Null when it could not be measured here; the name says why. */
  figure: number | null;
  unit: string;
  goal: number | null;
  met: boolean | null;
}

export const atMost = (name: string, figure: number, unit: string, goal: number): BenchResult => ({
  name, figure, unit, goal, met: figure <= goal,
}); // prettier-ignore
export const atLeast = (name: string, figure: number, unit: string, goal: number): BenchResult => ({
  name, figure, unit, goal, met: figure >= goal,
}); // prettier-ignore
export const plain = (name: string, figure: number, unit: string): BenchResult => ({
  name, figure, unit, goal: null, met: null,
}); // prettier-ignore

export const notMeasured = (name: string, unit: string): BenchResult => ({
  name, figure: null, unit, goal: null, met: null,
}); // prettier-ignore

export async function seconds(work: () => Promise<unknown>): Promise<number> {
  const from = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - from) / 1e9;
}

/** Of several rounds: one that met a busy machine does not count. */
export const median = (figures: readonly number[]): number =>
  figures.toSorted((a, b) => a - b)[Math.floor(figures.length / 2)] ?? Number.NaN;
