import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { fetchItems } from '../../sample/03-rate-limited-client/src/fetch-items.js';
import {
  startLimitedServer,
  type LimitedServer,
} from '../../sample/03-rate-limited-client/src/limited-server.js';
import { until } from '../signals.js';
import { startEntry } from './sample-process.js';

const SAMPLE = '03-rate-limited-client';
// It builds the sample, if need be.
const BUILDING = 120_000;

describe('npm run sample:03', () => {
  test(
    'is refused nothing',
    async () => {
      const { code, stdout, stderr } = await startEntry(SAMPLE, 'main').ended;
      expect({ code, stdout }).toEqual({ code: 0, stdout: '120 requests, 0 refused\n' });
      expect(stderr).toMatch(/ 120\/120 requests \| 0 refused/);
    },
    BUILDING,
  );

  test(
    'is refused something, and says so, when it is faster than the server allows',
    async () => {
      const { code, stdout } = await startEntry(SAMPLE, 'main', ['--per-second', '1000']).ended;
      expect(code).toBe(1);
      expect(stdout).toMatch(/^120 requests, [1-9]\d* refused\n$/);
    },
    BUILDING,
  );
});

test('an answer that is neither an item nor a refusal ends it, and the other requests', async () => {
  const waiting = new Set<string | undefined>();
  const server = createServer((request, response) => {
    waiting.add(request.url);
    response.once('close', () => waiting.delete(request.url));
    // The others are never answered.
    if (waiting.size === 3) response.writeHead(500).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const items = fetchItems(url, [1, 2, 3, 4, 5], { maxAtOnce: 3, maxPerSecond: 1_000 });
  const first = items[Symbol.asyncIterator]().next();
  await expect(first).rejects.toThrow(/^Item \d: the server answered 500\.$/);
  await until(() => waiting.size === 0);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

describe('its server', () => {
  let server: LimitedServer;
  let time = 0;

  const start = async (limit: number): Promise<void> => {
    server = await startLimitedServer({ limit, latency: 0, now: () => time });
  };
  /** How many of so many requests it refuses. */
  const refusedOf = async (requests: number): Promise<number> => {
    const responses = await Promise.all(
      Array.from({ length: requests }, (_, id) => fetch(`${server.url}/items/${id}`)),
    );
    return responses.filter(({ status }) => status === 429).length;
  };

  afterEach(async () => {
    await server[Symbol.asyncDispose]();
  });

  test('answers up to its limit in any second, whenever that begins', async () => {
    await start(3);
    expect(await refusedOf(2)).toBe(0);
    time = 900;
    expect(await refusedOf(3)).toBe(2);
    time = 999;
    expect(await refusedOf(1)).toBe(1);
    // The first two are a second ago, and what was refused does not count.
    time = 1_000;
    expect(await refusedOf(3)).toBe(1);
  });

  test('answers with the item, and a refusal with Retry-After', async () => {
    await start(1);
    const item = await fetch(`${server.url}/items/7`);
    expect(await item.json()).toEqual({ id: '7', name: 'Item 7' });
    expect((await fetch(`${server.url}/items/8`)).headers.get('retry-after')).toBe('1');
  });
});
