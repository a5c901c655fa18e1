/** Preloaded into the processes under test: their clock is off by what the file says (milliseconds). */
import { readFileSync } from 'node:fs';
import { flushCompileCache } from 'node:module';

// a process that will be killed would never write down what it has compiled
setTimeout(flushCompileCache, 3_000).unref();

const file = process.env['FAULTS_CLOCK'] ?? '';
const RealDate = Date;
const realNow = Date.now.bind(Date);
let offset = 0;
const look = (): void => {
  try {
    offset = Number(readFileSync(file, 'utf8')) || 0;
  } catch {
    // half written, or the disk is full: as it was
  }
};
look();
setInterval(look, 100).unref();

class ShiftedDate extends RealDate {
  constructor(...given: [] | [number | string | Date]) {
    if (given.length === 0) super(realNow() + offset);
    else super(...(given as [number]));
  }
  static override now(): number {
    return realNow() + offset;
  }
}
globalThis.Date = ShiftedDate as DateConstructor;
