// Submitting: single submits with many in flight, and batches. Nobody consumes meanwhile.
import { withRedisCpu } from '../harness/redis-cpu.mjs';
import { medianRound } from '../harness/statistics.mjs';

export const measureAdd = (context) =>
  measureSubmits(context, 'add', { inFlight: context.plan.addsInFlight });

export const measureBulkAdd = (context) =>
  measureSubmits(context, 'bulk', { batch: context.plan.batch, lanes: context.plan.lanes });

/** One producer process for all rounds, so that only the first of them is a cold start; a new queue for each. */
async function measureSubmits(context, command, run) {
  const { plan, log } = context;
  const producer = await context.open('producer', { queue: context.newQueue() });
  const rounds = [];
  for (let round = 1; round <= plan.rounds; round++) {
    if (round > 1) await producer.call('open', { queue: context.newQueue() });
    rounds.push(await oneRound(context, producer, command, { ...run, count: plan.messages }));
    log(`${command} ${round}/${plan.rounds}: ${Math.round(rounds.at(-1).perSecond)} a second`);
  }
  await context.stop(producer);
  return { ...run, ...medianRound(rounds, 'perSecond'), rounds: rounds.map((round) => round.perSecond) };
}

async function oneRound({ redis, engine }, producer, command, run) {
  const used = await withRedisCpu(redis.client, () => producer.call(command, run));
  const stored = await producer.call('size');
  await producer.call('close');
  await redis.client.flushall();
  if (stored !== run.count) {
    throw new Error(`${engine.label}: ${command} stored ${stored} of ${run.count} messages`);
  }
  return {
    count: run.count,
    perSecond: run.count / (used.micros / 1e6),
    redisCpu: used.redisCpu / run.count,
    nodeCpu: used.cpu / run.count,
  };
}
