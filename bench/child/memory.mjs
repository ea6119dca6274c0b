// The resident memory of this process, sampled at a fixed interval.
import { now } from './clock.mjs';

export function createMemorySampler() {
  let timer;
  let samples = [];
  const take = () => samples.push({ at: now(), rss: process.memoryUsage.rss() });
  return {
    start(interval) {
      samples = [];
      take();
      timer = setInterval(take, interval);
    },
    stop() {
      clearInterval(timer);
      take();
      return samples;
    },
  };
}
