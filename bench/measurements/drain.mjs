// Draining a full queue with a trivial handler: with one consumer process, and with two beside one.
import { medianRound } from '../harness/statistics.mjs';
import { drainRound } from './round.mjs';

/** One process, at the best of the engine's concurrencies (found with fewer messages). */
export async function measureDrain(context) {
  const { engine, plan } = context;
  const candidates = candidatesOf(engine, plan);
  const tried = {};
  for (const concurrency of candidates.length > 1 ? candidates : []) {
    const limits = { concurrency, count: plan.searchMessages, rounds: 1 };
    tried[concurrency] = (await drainRounds(context, limits)).median.perSecond;
  }
  const concurrency = candidates.length > 1 ? bestOf(tried) : candidates[0];
  const { median, rounds } = await drainRounds(context, { concurrency });
  return { concurrency, tried, ...median, rounds };
}

function candidatesOf(engine, plan) {
  if (plan.concurrency) return [plan.concurrency];
  return plan.search ? engine.concurrencies : [engine.usualConcurrency];
}

const bestOf = (tried) => Number(Object.entries(tried).toSorted(([, a], [, b]) => b - a)[0][0]);

/** The same queue drained by one consumer process and by two. */
export async function measureProcesses(context, { concurrency }) {
  const count = context.plan.messages * 2;
  const one = await drainRounds(context, { concurrency, count });
  const two = await drainRounds(context, { concurrency, count, processes: 2 });
  return { concurrency, one: one.median, two: two.median };
}

async function drainRounds(context, { concurrency, processes = 1, ...limits }) {
  const { count, rounds: planned } = { count: context.plan.messages, rounds: context.plan.rounds, ...limits };
  const queue = context.newQueue();
  const producer = await context.open('producer', { queue });
  const consumers = await Promise.all(
    Array.from({ length: processes }, () => context.open('consumer', { queue, concurrency })),
  );
  const rounds = [];
  for (let round = 0; round < planned; round++) {
    rounds.push(await drainRound(context, { producer, consumers }, { count, base: round * count }));
    const { perSecond, shares } = rounds.at(-1);
    const split = shares.map((share) => `${Math.round(share * 100)}%`).join(' + ');
    context.log(
      `drain at ${concurrency}, ${round + 1}/${planned}: ${Math.round(perSecond)} a second (${split})`,
    );
  }
  await context.stop(producer, ...consumers);
  await context.redis.client.flushall();
  const median = medianRound(rounds, 'perSecond');
  return { median, rounds: rounds.map((round) => round.perSecond) };
}
