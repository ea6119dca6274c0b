// Counts how often each task of a run ran, and says so when that was not exactly once.
export function createTally(count) {
  const runs = new Uint8Array(count);
  // Touched beforehand: its pages must not show up as memory that the run has used.
  runs.fill(1);
  runs.fill(0);
  return {
    runs,
    reset: () => runs.fill(0),
    check(who) {
      let [missing, repeated] = [0, 0];
      // A plain loop: it runs before the clock stops.
      for (let n = 0; n < count; n++) {
        if (runs[n] === 0) missing++;
        else if (runs[n] > 1) repeated++;
      }
      if (missing + repeated === 0) return;
      throw new Error(`${who}: of ${count} tasks ${missing} never ran, ${repeated} ran more than once`);
    },
  };
}

/** A value that a task returned must have arrived where it belongs. */
export function expectValue(who, n, expected, actual) {
  if (actual === expected) return;
  throw new Error(`${who}: task ${n} gave '${String(actual)}', not '${String(expected)}'`);
}
