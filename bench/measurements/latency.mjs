// From the call of submit in one process to the start of the handler in another, while both are idle.
import { setTimeout as sleep } from 'node:timers/promises';
import { median, quantile } from '../harness/statistics.mjs';

const WARM_UP = 50;
const IDLE = 500;

/** The median of the rounds' medians, and of their 99th percentiles. */
export function summarizeLatency(rounds, { latencySamples: count }) {
  const medianOf = (key) => median(rounds.map((round) => round[key]));
  return { count, median: medianOf('median'), p99: medianOf('p99'), rounds };
}

/**
 * One round, with processes of its own. Where the system puts processes, and what else the machine does, decides more than
 * anything here: so all engines take turns, round by round.
 */
export async function latencyRound(context, { concurrency }) {
  const { latencySamples: count, latencyInterval: interval } = context.plan;
  const queue = context.newQueue();
  const producer = await context.open('producer', { queue });
  const consumer = await context.open('consumer', { queue, concurrency });
  await sleep(IDLE);
  await pacedRound(producer, consumer, { count: WARM_UP, base: 0, interval });
  const micros = await pacedRound(producer, consumer, { count, base: WARM_UP, interval });
  await context.stop(producer, consumer);
  await context.redis.client.flushall();
  const round = { median: median(micros), p99: quantile(micros, 0.99) };
  context.log(`latency: median ${Math.round(round.median)} us, p99 ${Math.round(round.p99)} us`);
  return round;
}

async function pacedRound(producer, consumer, { count, base, interval }) {
  await consumer.call('arm', { count, base, stamps: true, gated: false });
  const sent = await producer.call('paced', { count, base, interval });
  await sleep(IDLE);
  const { starts, total } = await consumer.call('result');
  if (total !== count) throw new Error(`latency: ${total} of ${count} messages ran`);
  return starts.map((start, i) => start - sent[i]);
}
