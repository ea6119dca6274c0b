import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { compile } from '../kill/compile.js';
import { startRedis, type RedisServer } from '../redis-server.js';

let redis: RedisServer;
let child: Awaited<ReturnType<typeof compile>>;
beforeAll(async () => {
  redis = await startRedis();
  child = await compile(fileURLToPath(new URL('lifecycle-process.ts', import.meta.url)));
});
afterAll(async () => {
  await child.remove();
  await redis.stop();
});

interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly errors: string;
}

/** How a process ended that ran one scenario; by SIGKILL if it had to be killed. */
async function run(scenario: string): Promise<End> {
  const running = spawn(process.execPath, [child.entry, scenario, redis.url], {
    timeout: 15_000,
    killSignal: 'SIGKILL',
  });
  let out = '';
  let errors = '';
  running.stdout.on('data', (data: Buffer) => (out += data.toString()));
  running.stderr.on('data', (data: Buffer) => (errors += data.toString()));
  return new Promise((resolve) => {
    running.once('close', (code, signal) => resolve({ code, signal, out, errors }));
  });
}

test('after app.close() the process ends by itself', async () => {
  expect(await run('close')).toEqual({ code: 0, signal: null, out: '"done"\n', errors: '' });
});

test('an application that is made and closed again and again leaves nothing behind', async () => {
  const { code, out, errors } = await run('cycles');
  expect({ code, errors }).toEqual({ code: 0, errors: '' });
  const { before, after } = JSON.parse(out) as Record<'before' | 'after', { listeners: number }>;
  expect(before.listeners).toBeGreaterThan(0);
  expect(after).toEqual(before);
});

test.each([
  ['queue', 'NB_QUEUE_UNKNOWN'],
  ['other-queue', 'NB_QUEUE_UNKNOWN'],
  ['unreachable', 'NB_BROKER_UNREACHABLE'],
  ['one-unreachable', 'NB_BROKER_UNREACHABLE'],
])('after a start that failed (%s), too, the process ends by itself', async (scenario, error) => {
  expect(await run(scenario)).toEqual({ code: 0, signal: null, out: `"${error}"\n`, errors: '' });
});

test('a signal ends it within the grace period, though a task runs on, whose message is given back', async () => {
  const end = await run('overdue');
  expect(end).toMatchObject({ code: null, signal: 'SIGTERM', errors: '' });
  const raw = new Redis(redis.url);
  expect(await raw.llen('nb:{slow}:ready')).toBe(1);
  raw.disconnect();
});
