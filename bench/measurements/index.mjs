// Everything that is measured for one engine, in order. Latency is not: the engines take turns at it.
import { measureAdd, measureBulkAdd } from './add.mjs';
import { measureDrain, measureProcesses } from './drain.mjs';
import { measureMemory } from './memory.mjs';

export const MEASUREMENTS = ['add', 'bulk', 'drain', 'latency', 'processes', 'memory'];

// What only makes sense, or is only promised, for the engine that is ours.
const OURS_ONLY = new Set(['processes', 'memory']);

const RUN = {
  add: measureAdd,
  bulk: measureBulkAdd,
  drain: measureDrain,
  processes: measureProcesses,
  memory: measureMemory,
};

export async function measureEngine(context) {
  const { engine, plan } = context;
  const results = {};
  for (const name of MEASUREMENTS) {
    if (!plan.only.includes(name) || !RUN[name]) continue;
    if (OURS_ONLY.has(name) && engine.name !== 'ours' && !plan.everywhere) continue;
    const concurrency = results.drain?.concurrency ?? plan.concurrency ?? engine.usualConcurrency;
    results[name] = await RUN[name](context, { concurrency });
  }
  return results;
}
