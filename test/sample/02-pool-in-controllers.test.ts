import { scryptSync } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { freePort } from '../redis-server.js';
import { until } from '../signals.js';
import { startEntry, type SampleProcess } from './sample-process.js';

const SAMPLE = '02-pool-in-controllers';
const PASSWORD = { password: 'correct horse' };
// It builds the sample, if need be.
const BUILDING = 120_000;

test(
  'npm run sample:02 shows that one pool is full and the other is not',
  async () => {
    const { code, stdout, stderr } = await startEntry(SAMPLE, 'main').ended;
    const [ok, refused] = answers(stdout, 'passwords');
    expect({ code, sum: ok! + refused! }).toEqual({ code: 0, sum: 100 });
    // Those that the pool had room for at once, at least.
    expect(ok).toBeGreaterThanOrEqual(10);
    expect(refused).toBeGreaterThan(0);
    expect(answers(stdout, 'archives')).toEqual([100, 0]);
    expect(stdout).toMatch(
      /^GET \/health meanwhile: default .*; passwords [012] of 2 running .* of 8 waiting$/m,
    );
    expect(stderr.replace(/^Building .*\n/gm, '')).toBe('');
  },
  BUILDING,
);

describe('npm run sample:02 -- --serve', () => {
  let url: string;
  let app: SampleProcess;

  beforeAll(async () => {
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    app = startEntry(SAMPLE, 'main', ['--serve'], { PORT: String(port) });
    await app.says(/GET \/health at http/);
  }, BUILDING);

  // Also after the test that stops it.
  afterAll(async () => {
    app.kill('SIGTERM');
    await app.ended;
  });

  const post = (path: string, body: unknown): Promise<Response> =>
    fetch(url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const health = async (): Promise<Record<string, { running: number; waiting: number }>> => {
    const { pools } = (await (await fetch(`${url}/health`)).json()) as { pools: { name: string }[] };
    return Object.fromEntries(pools.map((pool) => [pool.name, pool])) as never;
  };

  test('hashes a password', async () => {
    const response = await post('/passwords', PASSWORD);
    expect(response.status).toBe(200);
    const { hash } = (await response.json()) as { hash: string };
    const [salt, key] = hash.split('.').map((part) => Buffer.from(part, 'base64url'));
    expect(scryptSync(PASSWORD.password, salt!, 32, { N: 1 << 15, maxmem: 1 << 26 })).toEqual(key);
  });

  test('compresses a text', async () => {
    const response = await post('/archives', { text: 'a text' });
    expect(response.status).toBe(200);
    const { gzip } = (await response.json()) as { gzip: string };
    expect(gunzipSync(Buffer.from(gzip, 'base64')).toString()).toBe('a text');
  });

  test('answers 503 with Retry-After when the pool is full, and 200 again when it is not', async () => {
    const responses = await Promise.all(Array.from({ length: 40 }, () => post('/passwords', PASSWORD)));
    const refused = responses.filter(({ status }) => status === 503);
    expect(responses.filter(({ status }) => status === 200)).toHaveLength(40 - refused.length);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.every(({ headers }) => headers.get('retry-after') === '1')).toBe(true);
    expect(await refused[0]!.json()).toEqual({
      statusCode: 503,
      error: 'Service Unavailable',
      message: 'Too many requests at the moment; try again later.',
    });
    expect((await post('/passwords', PASSWORD)).status).toBe(200);
  });

  test('shows the figures of both pools', async () => {
    expect(await health()).toMatchObject({
      default: { running: 0, waiting: 0, maxConcurrency: 8, maxQueueSize: 200 },
      passwords: { running: 0, waiting: 0, maxConcurrency: 2, maxQueueSize: 8 },
    });
  });

  test.each([
    ['/passwords', {}],
    ['/passwords', { password: 5 }],
    ['/archives', { text: null }],
  ])('%s refuses %j with 400', async (path, body) => {
    expect((await post(path, body)).status).toBe(400);
  });

  test('finishes what it has accepted when it is stopped', async () => {
    const requests = Promise.allSettled(Array.from({ length: 8 }, () => post('/passwords', PASSWORD)));
    let accepted = 0;
    await until(async () => {
      const { running, waiting } = (await health())['passwords']!;
      accepted = running + waiting;
      return waiting > 0;
    });
    app.kill('SIGTERM');
    const answered = (await requests).flatMap((each) =>
      each.status === 'fulfilled' ? [each.value.status] : [],
    );
    expect(new Set(answered)).toEqual(new Set([200]));
    expect(answered.length).toBeGreaterThanOrEqual(accepted);
    await app.ended;
  });
});

/** How many of the requests to a route were answered 200, and how many 503. */
function answers(stdout: string, route: string): number[] {
  const line = new RegExp(`^POST /${route}: (\\d+) answered 200, (\\d+) answered 503 with Retry-After$`, 'm');
  return line.exec(stdout)!.slice(1).map(Number);
}
