import { expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { startRedis } from '../redis-server.js';
import { startEntry } from './sample-process.js';

const SAMPLE = '06-consumer-only';
// It builds the sample, if need be.
const BUILDING = 120_000;

/** What npm run sample:06 says, line by line. */
async function demonstrate(env: NodeJS.ProcessEnv = {}): Promise<string[]> {
  const { code, stdout, stderr } = await startEntry(SAMPLE, 'main', [], env).ended;
  expect({ code, stderr: stderr.replace(/^Building .*\n/gm, '') }).toEqual({ code: 0, stderr: '' });
  return stdout.split('\n');
}

const OUTCOME = [
  '60 reports wait: the web process consumes none',
  'A consumer was told to end, and did',
  expect.stringMatching(/^It built \d+$/),
  expect.stringMatching(/^The other built \d+$/),
  '60 of 60 reports',
  '',
];

test(
  'npm run sample:06 with a Redis of its own',
  async () => {
    const lines = await demonstrate();
    expect(lines).toEqual(OUTCOME);
    const built = lines.slice(2, 4).map((line) => Number(line.split(' ').at(-1)));
    expect(built[0]! + built[1]!).toBe(60);
  },
  BUILDING,
);

test(
  'npm run sample:06 with the Redis in REDIS_URL, where it touches nothing of others',
  async () => {
    const server = await startRedis();
    const client = new Redis(server.url);
    try {
      await client.rpush('nb:{reports}:ready', 'of another application');
      expect(await demonstrate({ REDIS_URL: server.url })).toEqual(OUTCOME);
      const keys = await client.keys('*');
      expect(keys.filter((key) => !/^consumer-only-\d+:/.test(key))).toEqual(['nb:{reports}:ready']);
      expect(await client.llen('nb:{reports}:ready')).toBe(1);
    } finally {
      client.disconnect();
      await server.stop();
    }
  },
  BUILDING,
);
