// One drained queue: fill it behind closed gates, open them, wait for the last message, check every id.
import { setTimeout as sleep } from 'node:timers/promises';
import { redisCpu } from '../harness/redis-cpu.mjs';

const POLL = 50;
const SETTLE = 300;
const SILENCE = 30_000;

/** `run` is {count, base, bytes, work}. Throws unless every message ran exactly once and none is left. */
export async function drainRound(context, { producer, consumers }, run) {
  const { plan, redis, engine } = context;
  await all(consumers, 'arm', run);
  await producer.call('bulk', { ...run, batch: plan.batch, lanes: plan.lanes });
  await sleep(SETTLE);
  const cpuBefore = await redisCpu(redis.client);
  await all(consumers, 'go');
  const nodeCpuAtEnd = await untilDrained(consumers, run.count, engine.label);
  const cpuAfter = await redisCpu(redis.client);
  await sleep(SETTLE);
  const results = await all(consumers, 'result');
  verify(results, run.count, await producer.call('size'), engine.label);
  return summarize(results, run.count, { redis: cpuAfter - cpuBefore, node: nodeCpuAtEnd });
}

const all = (consumers, command, args) =>
  Promise.all(consumers.map((consumer) => consumer.call(command, args)));

/** Resolves with each consumer's processor time at the end. */
async function untilDrained(consumers, count, label) {
  let [total, changed] = [0, Date.now()];
  for (;;) {
    const progress = await all(consumers, 'progress');
    const sum = progress.reduce((before, { total: own }) => before + own, 0);
    if (sum >= count) return progress.map(({ cpu }) => cpu);
    if (sum !== total) [total, changed] = [sum, Date.now()];
    if (Date.now() - changed > SILENCE) throw new Error(`${label}: stuck at ${sum} of ${count} messages`);
    await sleep(POLL);
  }
}

function verify(results, count, left, label) {
  let [missing, repeated] = [0, 0];
  for (let i = 0; i < count; i++) {
    const runs = results.reduce((sum, { seen }) => sum + seen[i], 0);
    if (runs === 0) missing++;
    if (runs > 1) repeated++;
  }
  const strays = results.reduce((sum, result) => sum + result.strays, 0);
  if (missing + repeated + strays + left === 0) return;
  throw new Error(
    `${label}: not exactly once: of ${count} messages ${missing} never ran, ${repeated} ran more than once, ` +
      `${strays} belonged to no round, ${left} were left in the queue`,
  );
}

/** Messages whose handler was waiting at the gate were fetched before the clock started: not counted. */
function summarize(results, count, cpu) {
  const started = Math.min(...results.map((result) => result.started));
  const ended = Math.max(...results.map((result) => result.last));
  const heldBack = results.reduce((sum, result) => sum + result.heldBack, 0);
  const counted = Math.max(count - heldBack, 1);
  const nodeCpu = results.reduce((sum, result, i) => sum + cpu.node[i] - result.cpuAtStart, 0);
  return {
    count,
    heldBack,
    started,
    ended,
    perSecond: counted / ((ended - started) / 1e6),
    redisCpu: cpu.redis / counted,
    nodeCpu: nodeCpu / counted,
    shares: results.map((result) => result.total / count),
  };
}
