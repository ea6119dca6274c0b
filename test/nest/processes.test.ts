import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import { AioTask, InjectTasks, NbAioPoolModule, Tasks } from '../../lib/index.js';
import { freePort, startRedis, type RedisServer } from '../redis-server.js';
import { boot, bootError, closeAfterEach, Lines } from './kit.js';

closeAfterEach();

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

class Store {
  readonly kept: string[] = [];
}

@Injectable()
class ReportTasks {
  constructor(private readonly store: Store) {}

  @AioTask({ queue: 'reports', retry: { maxAttempts: 2, delay: 1, jitter: 'none' } })
  async build(user: string, year: number): Promise<{ title: string }> {
    if (year < 0) throw new RangeError('no such year:\nsecret');
    this.store.kept.push(user);
    return { title: `${user} ${year}` };
  }
}

@Injectable()
class Web {
  constructor(@InjectTasks(ReportTasks) readonly reports: Tasks<ReportTasks>) {}
}

const onRedis = (consume: boolean, prefix = 'nb') =>
  NbAioPoolModule.forRoot({ redis: redis.url, consume, prefix });

describe('through Redis', () => {
  test('one process submits, another runs', async () => {
    const web = await boot({ imports: [onRedis(false)], providers: [Web] });
    const consumer = await boot({ imports: [onRedis(true)], providers: [ReportTasks, Store] });
    const { build } = web.get(Web).reports;
    expect(await build.run('ann', 2026)).toEqual({ title: 'ann 2026' });
    const sent = await build.with({ result: 60_000 }).submitMany([
      ['bob', 1],
      ['eve', 2],
    ]);
    expect(await Promise.all(sent.map((each) => each.result()))).toEqual([
      { title: 'bob 1' },
      { title: 'eve 2' },
    ]);
    expect(consumer.get(Store).kept.toSorted()).toEqual(['ann', 'bob', 'eve']);
  });

  test('prefixes keep applications apart', async () => {
    const web = await boot({ imports: [onRedis(false, 'other')], providers: [Web] });
    const consumer = await boot({ imports: [onRedis(true)], providers: [ReportTasks, Store, Web] });
    await web.get(Web).reports.build.submit('ann', 2026);
    expect(await consumer.get(Web).reports.build.run('bob', 1)).toEqual({ title: 'bob 1' });
    expect(await web.get(Web).reports.build.getQueueSize()).toBe(1);
  });

  test('failures are a line each: warnings for repeats, an error for the dead one', async () => {
    const lines = new Lines();
    const app = await boot({ imports: [onRedis(true)], providers: [ReportTasks, Store, Web] }, lines);
    const failure = app.get(Web).reports.build.run('canary', -1);
    await expect(failure).rejects.toMatchObject({ code: 'NB_TASK_FAILED' });
    expect(lines.texts('warn')).toEqual([
      expect.stringMatching(/'build' on queue 'reports' failed in run 1/),
    ]);
    expect(lines.texts('error')).toEqual([
      expect.stringMatching(/is dead \(failed\): RangeError: no such year/),
    ]);
    for (const { text } of lines.all) expect(text).not.toMatch(/[\n]|canary/);
  });
});

describe('without Redis', () => {
  test.each([true, false])(
    'the start fails in time, naming the host and no password (consume: %p)',
    async (consume) => {
      const port = await freePort();
      const before = performance.now();
      const error = await bootError({
        imports: [
          NbAioPoolModule.forRoot({
            redis: `redis://user:canary@127.0.0.1:${port}/0`,
            connectTimeout: 200,
            consume,
          }),
        ],
        providers: [ReportTasks, Store],
      });
      expect(error).toMatchObject({ code: 'NB_BROKER_UNREACHABLE' });
      expect(error.message).toContain(`127.0.0.1:${port}`);
      expect(error.message).toContain("broker: 'memory'");
      expect(`${error.message}${String(error.stack)}`).not.toContain('canary');
      expect(performance.now() - before).toBeLessThan(5_000);
    },
  );
});

test('an outage is one line, however long it is', async () => {
  const own = await startRedis();
  const lines = new Lines();
  const module = NbAioPoolModule.forRoot({ redis: own.url });
  const app = await boot({ imports: [module], providers: [ReportTasks, Store, Web] }, lines);
  await own.kill();
  await lines.seen(/^Redis: .*trying again/);
  await own.restart();
  expect(await app.get(Web).reports.build.run('ann', 1)).toEqual({ title: 'ann 1' });
  expect(lines.texts('warn')).toHaveLength(1);
  await app.close();
  await own.stop();
});
