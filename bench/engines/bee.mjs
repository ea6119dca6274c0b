// bee-queue with the settings its README recommends for speed: no events, no stored jobs, removed on success.
import BeeQueue from 'bee-queue';

export const name = 'bee';
export const label = 'bee-queue';
export const concurrencies = [1, 10, 50, 100, 200];
export const usualConcurrency = 50;

const FAST = { getEvents: false, sendEvents: false, storeJobs: false, removeOnSuccess: true };

export async function openProducer({ host, port, queue: queueName }) {
  const queue = new BeeQueue(queueName, { ...FAST, isWorker: false, redis: { host, port } });
  await queue.ready();
  return {
    add: (message) => queue.createJob(message).save(),
    async addBulk(messages) {
      const errors = await queue.saveAll(messages.map((message) => queue.createJob(message)));
      for (const error of errors.values()) throw error;
    },
    async size() {
      const { waiting, active, delayed, failed } = await queue.checkHealth();
      return waiting + active + delayed + failed;
    },
    close: () => queue.close(),
  };
}

export async function openConsumer({ host, port, queue: queueName, concurrency, handle }) {
  const queue = new BeeQueue(queueName, { ...FAST, isWorker: true, redis: { host, port } });
  await queue.ready();
  queue.on('error', (error) => console.error(`bee-queue: ${error.message}`));
  queue.process(concurrency, (job) => handle(job.data));
  return { close: () => queue.close(1_000) };
}
