// Very many items from a generator through an asynchronous map: the resident memory over time, and items a second.
import { createTally, expectValue } from '../harness/exactly-once.mjs';
import { variants } from '../variants/amap.mjs';
import { summarizeMemory } from './resident.mjs';

export { variants };
export const title = 'items from a generator through a trivial async function, concurrency 100';
export const sampled = true;
export const rounds = (plan) => plan.longRounds;
export const summarize = summarizeMemory;

export async function prepare(name, { count, concurrency }) {
  const { open, ordered } = variants[name];
  const tally = createTally(count);
  const map = await open({ concurrency });
  const work = async (n) => {
    tally.runs[n]++;
    return n + 1;
  };
  return async () => {
    let [values, sum] = [0, 0];
    for await (const value of map(numbers(count), work)) {
      values++;
      sum += value;
      if (ordered && value !== values) expectValue(name, values - 1, values, value);
    }
    tally.check(name);
    // Each item gives its number plus one; the sum stays exact up to 94 million items.
    if (values !== count || sum !== (count * (count + 1)) / 2) {
      throw new Error(`${name}: ${values} values with the sum ${sum} of ${count} items`);
    }
    return { count };
  };
}

function* numbers(count) {
  for (let n = 0; n < count; n++) yield n;
}
