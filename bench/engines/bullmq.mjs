// BullMQ as its documentation advises for speed: bulk adds, completed jobs removed, one connection each.
import { Queue, Worker } from 'bullmq';

export const name = 'bullmq';
export const label = 'BullMQ';
export const concurrencies = [1, 10, 50, 100, 200];
export const usualConcurrency = 50;

const JOB = 'bench';
const OPTIONS = { removeOnComplete: true, removeOnFail: true };

export async function openProducer({ host, port, queue: queueName }) {
  const queue = new Queue(queueName, { connection: { host, port }, defaultJobOptions: OPTIONS });
  await queue.waitUntilReady();
  return {
    add: (message) => queue.add(JOB, message),
    addBulk: (messages) => queue.addBulk(messages.map((data) => ({ name: JOB, data }))),
    async size() {
      const counts = await queue.getJobCounts('waiting', 'active', 'delayed', 'prioritized', 'failed');
      return Object.values(counts).reduce((sum, count) => sum + count, 0);
    },
    close: () => queue.close(),
  };
}

export async function openConsumer({ host, port, queue, concurrency, handle }) {
  const connection = { host, port, maxRetriesPerRequest: null };
  const worker = new Worker(queue, (job) => handle(job.data), {
    connection,
    concurrency,
    removeOnComplete: { count: 0 },
    removeOnFail: { count: 0 },
  });
  worker.on('error', (error) => console.error(`BullMQ: ${error.message}`));
  await worker.waitUntilReady();
  return { close: () => worker.close(true) };
}
