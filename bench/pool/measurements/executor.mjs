// Calls of a trivial asynchronous function in another thread, and their values.
import { setImmediate as turn } from 'node:timers/promises';
import { callCounter } from '../harness/call-counter.mjs';
import { variants } from '../variants/executor.mjs';
import { startLap, summarizeRate } from './rate.mjs';

export { variants };
export const title = 'calls of a trivial async function in another thread';
export const rounds = (plan) => plan.rounds;
export const summarize = summarizeRate;

export async function prepare(name, { batch: size, concurrency, warmUp, duration }) {
  const items = Array.from({ length: size }, (_, n) => n);
  const { runBatch, close } = await variants[name].open({ concurrency });
  const counter = callCounter(name, size);
  async function repeat(milliseconds) {
    const lap = startLap();
    let calls = 0;
    do {
      counter.check(await runBatch(items));
      calls += size;
      await turn();
    } while (lap.micros() < milliseconds * 1_000);
    return lap.rate(calls);
  }
  return async () => {
    await repeat(warmUp);
    const answer = await repeat(duration);
    counter.end();
    await close();
    return answer;
  };
}
