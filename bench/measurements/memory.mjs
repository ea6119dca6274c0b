// The consumer's resident memory while it drains very many messages through very many slots.
import { setTimeout as sleep } from 'node:timers/promises';
import { median, slope } from '../harness/statistics.mjs';
import { drainRound } from './round.mjs';

const MEGABYTE = 1024 * 1024;
const IDLE_FOR = 1_500;

export async function measureMemory(context) {
  const { messages, bytes, concurrency, work, interval } = context.plan.memory;
  const queue = context.newQueue();
  const producer = await context.open('producer', { queue });
  const consumer = await context.open('consumer', { queue, concurrency });
  const idle = await idleMemory(consumer, interval);
  await consumer.call('sampleMemory', { interval });
  const run = { count: messages, base: 0, bytes, work };
  const { perSecond, nodeCpu, started, ended } = await drainRound(
    context,
    { producer, consumers: [consumer] },
    run,
  );
  const samples = await consumer.call('memory');
  await context.stop(producer, consumer);
  await context.redis.client.flushall();
  const settings = { messages, bytes, concurrency, work, perSecond, nodeCpu, idle };
  return summarize(context, settings, { samples, started, ended });
}

async function idleMemory(consumer, interval) {
  await consumer.call('sampleMemory', { interval });
  await sleep(IDLE_FOR);
  const samples = await consumer.call('memory');
  return median(samples.map(({ rss }) => rss)) / MEGABYTE;
}

/** Slope and drift are those of the last three quarters of the drain; the peak is that of the whole run. */
function summarize(context, settings, { samples, started, ended }) {
  const points = samples.map(({ at, rss }) => ({ x: (at - started) / 1e6, y: rss / MEGABYTE }));
  const seconds = (ended - started) / 1e6;
  const late = points.filter(({ x }) => x >= seconds / 4 && x <= seconds);
  const perSecond = slope(late);
  const peak = Math.max(...points.map(({ y }) => y));
  const drift = perSecond * seconds * 0.75;
  const [idleText, peakText, driftText] = [settings.idle, peak, drift].map((value) => value.toFixed(1));
  context.log(
    `memory: idle ${idleText} MB, peak ${peakText} MB, drift ${driftText} MB in ${seconds.toFixed(1)} s`,
  );
  return { ...settings, seconds, peak, slope: perSecond, drift, points };
}
