// Measures the engines side by side, prints a table, writes the results as JSON. See README.md.
import { writeFile, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readOptions, USAGE } from './cli/options.mjs';
import { loadEngine, obstacle } from './engines/index.mjs';
import { withContext } from './harness/context.mjs';
import { describeMachine, redisVersion } from './harness/machine.mjs';
import { measureEngine } from './measurements/index.mjs';
import { latencyRound, summarizeLatency } from './measurements/latency.mjs';
import { textTable } from './report/table.mjs';

const LATEST = fileURLToPath(new URL('./results/latest.json', import.meta.url));
const say = (text) => void process.stderr.write(`${text}\n`);

async function main() {
  const { help, engines, plan, json = LATEST } = readOptions(process.argv.slice(2));
  if (help) return console.log(USAGE);
  const results = { ...(await describeMachine()), plan, engines: {} };
  for (const name of engines) {
    const measured = await measure(name, plan, results);
    if (measured) results.engines[name] = measured;
  }
  if (plan.only.includes('latency')) await measureLatencies(results.engines, plan);
  if (Object.keys(results.engines).length === 0) throw new Error('no engine could run');
  await mkdir(dirname(json), { recursive: true });
  await writeFile(json, `${JSON.stringify(results, undefined, 2)}\n`);
  console.log(textTable(results));
}

/** Undefined when the engine cannot run here, or failed: the others are measured all the same. */
async function measure(name, plan, results) {
  const reason = await obstacle(name);
  if (reason) return say(`${name}: left out, ${reason}`);
  const engine = await loadEngine(name);
  try {
    return await withContext(engine, plan, async (context) => {
      results.redis ??= await redisVersion(context.redis.client);
      return { label: engine.label, ...(await measureEngine(context)) };
    });
  } catch (error) {
    process.exitCode = 1;
    return say(error.stack);
  }
}

/** The engines in turn, in each round. One that fails is out; the others go on. */
async function measureLatencies(engines, plan) {
  const rounds = new Map(Object.keys(engines).map((name) => [name, []]));
  for (let round = 0; round < plan.latencyRounds; round++) {
    for (const [name, done] of rounds) {
      try {
        done.push(await oneLatency(name, plan, engines[name].drain));
      } catch (error) {
        process.exitCode = 1;
        say(error.stack);
        rounds.delete(name);
      }
    }
  }
  for (const [name, done] of rounds) engines[name].latency = summarizeLatency(done, plan);
}

async function oneLatency(name, plan, drain) {
  const engine = await loadEngine(name);
  const concurrency = drain?.concurrency ?? plan.concurrency ?? engine.usualConcurrency;
  return withContext(engine, plan, (context) => latencyRound(context, { concurrency }));
}

await main().catch((error) => {
  say(error.stack);
  process.exitCode = 1;
});
