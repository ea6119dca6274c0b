// One million tasks with large arguments and results through very many slots: the resident memory over time. The
// seed's own claim: nb_aiopool beside a Semaphore around a task for each of them.
import { setTimeout as sleep } from 'node:timers/promises';
import { createTally, expectValue } from '../harness/exactly-once.mjs';
import { textMaker } from '../harness/text.mjs';
import { variants } from '../variants/memory.mjs';
import { summarizeMemory } from './resident.mjs';

export { variants };
export const title = 'tasks with 400-byte arguments and 250-byte results, concurrency 1,000, queue of 10,000';
export const sampled = true;
export const rounds = (plan) => plan.longRounds;
export const summarize = summarizeMemory;

export async function prepare(name, { count, inputBytes, resultBytes, work, ...bounds }) {
  const [input, result] = [textMaker(inputBytes, 'task'), textMaker(resultBytes, 'x')];
  const tally = createTally(count);
  const run = await variants[name].open(bounds);
  // What a user writes: the argument is made by the submitter, is needed until the end, and the result is a new text.
  async function task(argument, n) {
    await sleep(work);
    if (!argument.endsWith(`_${n}`)) expectValue(name, n, input(n), argument);
    tally.runs[n]++;
    return result(n);
  }
  return async () => {
    await run({ count, input, task, expect: (n, value) => expectValue(name, n, result(n), value) });
    tally.check(name);
    return { count };
  };
}
