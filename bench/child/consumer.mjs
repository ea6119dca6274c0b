// The commands of a consumer process.
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuUsed } from './clock.mjs';
import { createGate } from './gate.mjs';
import { createMemorySampler } from './memory.mjs';
import { createTally } from './tally.mjs';

export function createConsumer(engine) {
  const gate = createGate();
  const memory = createMemorySampler();
  let tally = createTally({ base: 0, count: 0 });
  let workMs = 0;
  let consumer;

  // The trivial handler of every engine: an async function that counts its message.
  async function handle(message) {
    const held = gate.pass();
    if (held) await held;
    if (workMs > 0) await sleep(workMs);
    tally.record(message.n);
  }
  return {
    async open(options) {
      consumer = await engine.openConsumer({ ...options, handle });
    },
    /** Prepares a round; with `gated` nothing finishes before `go`. */
    arm({ gated = true, work = 0, ...expected }) {
      tally = createTally(expected);
      workMs = work;
      if (gated) gate.close();
    },
    go() {
      tally.begin(gate.waiting);
      gate.open();
    },
    progress: () => ({ total: tally.total(), cpu: cpuUsed() }),
    result: () => tally.result(),
    sampleMemory: ({ interval }) => memory.start(interval),
    memory: () => memory.stop(),
    close: () => consumer?.close(),
  };
}
