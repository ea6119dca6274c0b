// From the call of submit in one process to the start of the handler in another, while both are idle.
import { setTimeout as sleep } from 'node:timers/promises';
import { quantile } from '../harness/statistics.mjs';

const WARM_UP = 50;
const IDLE = 500;

export async function measureLatency(context, { concurrency }) {
  const queue = context.newQueue();
  const producer = await context.open('producer', { queue });
  const consumer = await context.open('consumer', { queue, concurrency });
  await sleep(IDLE);
  await pacedRound(producer, consumer, { count: WARM_UP, base: 0, interval: context.plan.latencyInterval });
  const count = context.plan.latencySamples;
  const interval = context.plan.latencyInterval;
  const micros = await pacedRound(producer, consumer, { count, base: WARM_UP, interval });
  await context.stop(producer, consumer);
  await context.redis.client.flushall();
  const result = { count, median: quantile(micros, 0.5), p99: quantile(micros, 0.99) };
  context.log(`latency: median ${Math.round(result.median)} us, p99 ${Math.round(result.p99)} us`);
  return result;
}

async function pacedRound(producer, consumer, { count, base, interval }) {
  await consumer.call('arm', { count, base, stamps: true, gated: false });
  const sent = await producer.call('paced', { count, base, interval });
  await sleep(IDLE);
  const { starts, total } = await consumer.call('result');
  if (total !== count) throw new Error(`latency: ${total} of ${count} messages ran`);
  return starts.map((start, i) => start - sent[i]);
}
