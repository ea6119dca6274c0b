// Submit and result: batches of trivial async tasks.
import { variants } from '../variants/throughput.mjs';
import { createBatch, inProcessOf, repeatBatches, summarizeRate } from './rate.mjs';

export { variants };
export const title = 'submit and result, batches of 1,000 trivial async tasks at concurrency 100';
export const rounds = (plan) => plan.rounds;
export const summarize = summarizeRate;

export async function prepare(name, { batch: size, concurrency, warmUp, duration }) {
  const { open } = variants[name];
  const batch = createBatch(size);
  const runBatch = await open({ concurrency, batch });
  return inProcessOf(variants[name], async () => {
    await repeatBatches(name, runBatch, batch, warmUp);
    return repeatBatches(name, runBatch, batch, duration);
  });
}
