// The same tasks without Nest, through aioTask: what the Nest layer costs. Submits go through Nest as in ours.mjs.
import * as ours from './ours.mjs';

export const { concurrencies, missing, openProducer, usualConcurrency } = ours;
export const name = 'ours-standalone';
export const label = 'same, without Nest';

const ENTRY = new URL('../../dist/standalone/index.js', import.meta.url);

export async function openConsumer({ url, queue, concurrency, handle }) {
  const { aioTask } = await import(ENTRY.href);
  // Named as the method that the producer submits to.
  const task = aioTask(
    { queue, name: 'handle', redis: url, maxConcurrency: concurrency },
    async (message) => {
      await handle(message);
    },
  );
  const consuming = task.consume();
  return {
    close: async () => {
      await task.close();
      await consuming;
    },
  };
}
