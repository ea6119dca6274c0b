// What a consumer process counts while it runs one round.
import { cpuUsed, now } from './clock.mjs';

const STAMP_EVERY = 64;

/** A round expects the messages numbered from `base` to `base + count - 1`. */
export function createTally({ base, count, stamps = false }) {
  const seen = new Uint8Array(count);
  const starts = stamps ? new Float64Array(count) : undefined;
  const tally = { total: 0, strays: 0, started: now(), last: now(), cpuAtStart: cpuUsed(), heldBack: 0 };

  function record(n) {
    const index = n - base;
    if (!(index >= 0 && index < count)) return void tally.strays++;
    if (starts) starts[index] = now();
    if (seen[index] < 255) seen[index]++;
    // Reading the clock for every message would show in the figures.
    if (++tally.total % STAMP_EVERY === 0 || tally.total === count) tally.last = now();
  }
  /** The moment the gate opens; what was already held at it was fetched before and is not counted. */
  function begin(heldBack) {
    Object.assign(tally, { started: now(), cpuAtStart: cpuUsed(), heldBack });
  }
  const result = () => ({ ...tally, seen, starts });
  return { record, begin, result, total: () => tally.total };
}
