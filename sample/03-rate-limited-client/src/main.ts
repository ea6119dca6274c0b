import { parseArgs } from 'node:util';
import { SingleBar } from 'cli-progress';
import { fetchItems } from './fetch-items.js';
import { startLimitedServer } from './limited-server.js';

const REQUESTS = 120;
/** What the server allows in any second. */
const LIMIT = 50;

/** How many were fetched and how many refused. */
async function fetchAll(url: string, maxPerSecond: number): Promise<{ fetched: number; refused: number }> {
  const bar = new SingleBar({
    format: '{bar} {value}/{total} requests | {refused} refused',
    noTTYOutput: true,
    notTTYSchedule: 1_000,
    barsize: 20,
  });
  let fetched = 0;
  let refused = 0;
  bar.start(REQUESTS, 0, { refused });
  try {
    for await (const item of fetchItems(url, idsUpTo(REQUESTS), { maxAtOnce: 20, maxPerSecond })) {
      if (item === undefined) refused++;
      else fetched++;
      bar.increment(1, { refused });
    }
  } finally {
    bar.stop();
  }
  return { fetched, refused };
}

/** One by one, as they are asked for: there may be millions. */
function* idsUpTo(last: number): Generator<number> {
  for (let id = 1; id <= last; id++) yield id;
}

// Below the limit: requests leave evenly spaced, but the network delays each as it likes.
const { values } = parseArgs({ options: { 'per-second': { type: 'string', default: '40' } } });
await using server = await startLimitedServer({ limit: LIMIT, latency: 50 });
const { fetched, refused } = await fetchAll(server.url, Number(values['per-second']));
console.log(`${fetched + refused} requests, ${refused} refused`);
if (refused > 0) process.exitCode = 1;
