// Whether calls in other threads ran exactly once: each answers with its own number, its thread, and the how manieth
// call of that thread it was, in one number. It knows what it needs from the answers alone.
import { expectValue } from './exactly-once.mjs';

const THREADS = 256;
const NUMBERS = 1_000_000;

/** What the function in the other thread returns; `serial` counts from 0. */
export const answerOf = (n, serial, thread) => (serial * NUMBERS + n) * THREADS + (thread % THREADS);

export function callCounter(who, size) {
  let calls = 0;
  const serials = new Map();
  return {
    /** The answers to the calls 0 to size - 1. */
    check(answers) {
      if (answers.length !== size) throw new Error(`${who}: ${answers.length} answers to ${size} calls`);
      for (let n = 0; n < size; n++) {
        const rest = Math.floor(answers[n] / THREADS);
        if (rest % NUMBERS !== n) expectValue(who, n, n, rest % NUMBERS);
        const thread = answers[n] % THREADS;
        const known = serials.get(thread) ?? -1;
        serials.set(thread, Math.max(known, Math.floor(rest / NUMBERS)));
      }
      calls += size;
    },
    /** As many answers as calls, and the threads counted just as many: none was left out, none ran twice. */
    end() {
      const ran = [...serials.values()].reduce((sum, highest) => sum + highest + 1, 0);
      if (ran !== calls) throw new Error(`${who}: ${calls} calls, but the threads ran ${ran}`);
    },
  };
}
