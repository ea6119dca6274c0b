import { fetchReport, submitAll, waiting } from './demo/client.js';
import { Processes } from './demo/processes.js';
import { findRedis } from './demo/redis-server.js';

const CUSTOMERS = Array.from({ length: 60 }, (_, index) => `customer ${index}`);

/** One web process, and two consumers, one of which is told to end in the middle. */
async function demonstrate(processes: Processes): Promise<boolean> {
  const url = await processes.web();
  const ids = await submitAll(url, CUSTOMERS);
  const waited = await waiting(url);
  console.log(`${waited} reports wait: the web process consumes none`);

  const consumers = await Promise.all([processes.consumer(), processes.consumer()]);
  const reports = ids.map((id) => fetchReport(url, id));
  await Promise.race(reports);
  const [leaving] = consumers;
  const left = await processes.stop(leaving);
  console.log(`A consumer was told to end, and ${left ? 'did' : 'DID NOT END AS TOLD'}`);

  const built = await Promise.all(reports);
  for (const pid of consumers) {
    const count = built.filter(({ builtBy }) => builtBy === pid).length;
    console.log(`${pid === leaving ? 'It' : 'The other'} built ${count}`);
  }
  const right = built.filter(
    ({ customer, builtBy }, index) => customer === CUSTOMERS[index] && consumers.includes(builtBy),
  );
  console.log(`${right.length} of ${CUSTOMERS.length} reports`);
  return left && waited === CUSTOMERS.length && right.length === CUSTOMERS.length;
}

await using redis = await findRedis();
// A prefix of its own: what others have in this Redis is left alone.
await using processes = new Processes({ REDIS_URL: redis.url, PREFIX: `consumer-only-${process.pid}` });
if (!(await demonstrate(processes))) process.exitCode = 1;
