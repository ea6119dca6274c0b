// Measures the in-process pool beside its peers, prints tables, writes the results as JSON. See README.md.
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeMachine } from '../harness/machine.mjs';
import { readOptions, USAGE } from './cli/options.mjs';
import { obstacle, useDist } from './harness/packages.mjs';
import { measure } from './measure.mjs';
import { loadMeasurement } from './measurements/index.mjs';
import { textReport } from './report/tables.mjs';

// A smoke run must not replace figures that took a quarter of an hour.
const resultsFile = ({ mode }) =>
  fileURLToPath(new URL(`../results/pool${mode === 'smoke' ? '-smoke' : ''}.json`, import.meta.url));
const PEERS = ['fastq', 'p-limit', 'p-map', 'p-queue', 'piscina', 'synckit'];
const say = (text) => void process.stderr.write(`${text}\n`);

async function main() {
  const { help, json, dist, variants, plan } = readOptions(process.argv.slice(2));
  if (help) return console.log(USAGE);
  if (dist !== undefined) useDist(resolve(dist));
  await checkVariants(variants, plan.only);
  const peers = PEERS.filter((peer) => obstacle({ peer }) === undefined);
  const results = { ...(await describeMachine(peers)), plan, measurements: {} };
  for (const name of plan.only)
    results.measurements[name] = await measure(name, { plan, only: variants, say });
  const file = json ?? resultsFile(plan);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(results)}\n`);
  console.log(textReport(results));
  if (Object.values(results.measurements).some(({ failed }) => failed.length > 0)) process.exitCode = 1;
  if (Object.values(results.measurements).every(({ variants: done }) => Object.keys(done).length === 0)) {
    throw new Error('nothing could be measured');
  }
}

/** A name with a mistake in it would otherwise leave something out without a word. */
async function checkVariants(chosen, measurements) {
  const modules = await Promise.all(measurements.map((name) => loadMeasurement(name)));
  const known = new Set(modules.flatMap(({ variants }) => Object.keys(variants)));
  const unknown = chosen?.find((name) => !known.has(name));
  if (unknown !== undefined) {
    throw new Error(`--variants: '${unknown}' is none of ${[...known].join(', ')}`);
  }
}

await main().catch((error) => {
  say(error.stack);
  process.exitCode = 1;
});
