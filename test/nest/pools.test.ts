import { describe, expect, test } from '@jest/globals';
import { Injectable, Module, type DynamicModule } from '@nestjs/common';
import { getPoolToken, InjectPool, NbAioPool, NbAioPoolModule, type PoolOptions } from '../../lib/index.js';
import { deferred } from '../pool/signals.js';
import { until } from '../signals.js';
import { boot, bootError, closeAfterEach, Lines, thrownBy } from './kit.js';

closeAfterEach();

const withPools = (pools?: Record<string, PoolOptions>) =>
  NbAioPoolModule.forRoot({ broker: 'memory', ...(pools ? { pools } : {}) });

@Injectable()
class Crawling {
  @InjectPool('crawler') readonly byProperty!: NbAioPool;
  constructor(
    @InjectPool() readonly main: NbAioPool,
    @InjectPool('crawler') readonly crawler: NbAioPool,
  ) {}
}

test('each name is one pool with its options', async () => {
  const app = await boot({
    imports: [withPools({ crawler: { maxConcurrency: 10 } })],
    providers: [Crawling],
  });
  const { main, crawler, byProperty } = app.get(Crawling);
  expect(main.stats()).toMatchObject({ name: 'default', maxConcurrency: 100, maxQueueSize: 1_000 });
  expect(crawler.stats()).toMatchObject({ name: 'crawler', maxConcurrency: 10 });
  expect(byProperty).toBe(crawler);
  expect(app.get(getPoolToken('crawler'))).toBe(crawler);
});

test('the default pool can be configured', async () => {
  const app = await boot({ imports: [withPools({ default: { maxConcurrency: 2, name: 'main' } })] });
  expect(app.get<NbAioPool>(getPoolToken()).stats()).toMatchObject({ name: 'main', maxConcurrency: 2 });
});

test('a pool that is not configured fails the start, naming who asks and what there is', async () => {
  const error = await bootError({ imports: [withPools({ mailer: {} })], providers: [Crawling] });
  expect(error).toMatchObject({ code: 'NB_POOL_UNKNOWN' });
  expect(error.message).toMatch(/^Crawling asks for pool 'crawler'.*'default', 'mailer'\.$/);
});

test('also when a factory asks, and with forRootAsync', async () => {
  const error = await bootError({
    imports: [NbAioPoolModule.forRootAsync({ useFactory: () => ({ broker: 'memory' as const }) })],
    providers: [{ provide: 'made', inject: [getPoolToken('nobody')], useFactory: () => 1 }],
  });
  expect(error).toMatchObject({ code: 'NB_POOL_UNKNOWN' });
  expect(error.message).toContain("the factory of made asks for pool 'nobody'");
});

test('app.get finds one of forRootAsync whose token was made before', async () => {
  const token = getPoolToken('early');
  const useFactory = () => ({ broker: 'memory' as const, pools: { early: { maxConcurrency: 3 } } });
  const app = await boot({ imports: [NbAioPoolModule.forRootAsync({ useFactory })] });
  expect(app.get<NbAioPool>(token).stats()).toMatchObject({ name: 'early', maxConcurrency: 3 });
});

describe('a pool whose async options', () => {
  @Injectable()
  class Sized {
    constructor(@InjectPool('late') readonly pool: NbAioPool) {}
    readonly size = 3;
  }
  @Module({ providers: [Sized], exports: [Sized] })
  class SizedModule {}
  const timers = () => process.getActiveResourcesInfo().filter((each) => each === 'Timeout').length;
  const inModule = (registered: DynamicModule) => {
    @Module({ imports: [registered] })
    class LateModule {}
    return LateModule;
  };
  const root = (connectTimeout: number) => NbAioPoolModule.forRoot({ broker: 'memory', connectTimeout });

  test('need the pool itself fails the start, naming both', async () => {
    const circle = NbAioPoolModule.registerPoolAsync('late', {
      imports: [SizedModule],
      inject: [Sized],
      useFactory: ({ size }: Sized) => ({ maxConcurrency: size }),
    });
    const error = await bootError({ imports: [root(50), inModule(circle)] });
    expect(error).toMatchObject({ code: 'NB_POOL_UNKNOWN' });
    expect(error.message).toContain(
      "Sized asks for pool 'late', whose registerPoolAsync in LateModule has not answered within 50 ms: " +
        'does its factory need the pool itself?',
    );
  });

  test('take their time is waited for, by a timer that goes when it comes', async () => {
    const before = timers();
    const [asked, answer] = [deferred(), deferred()];
    const slow = NbAioPoolModule.registerPoolAsync('late', {
      useFactory: async () => {
        asked.resolve();
        await answer.promise;
        return { maxConcurrency: 2 };
      },
    });
    const booted = boot({ imports: [root(15_000), SizedModule, inModule(slow)] });
    await asked.promise;
    await until(() => timers() > before);
    answer.resolve();
    const app = await booted;
    expect(app.get(Sized).pool.stats()).toMatchObject({ name: 'late', maxConcurrency: 2 });
    expect(timers()).toBeLessThanOrEqual(before);
  });
});

test('an empty name is refused', () => {
  const error = thrownBy(() => InjectPool('')(Crawling, undefined, 1));
  expect(error).toMatchObject({ code: 'NB_OPTION_INVALID' });
  expect(error.message).toContain('@InjectPool in Crawling, constructor parameter 1');
  expect(thrownBy(() => getPoolToken('crawler', ''))).toMatchObject({ code: 'NB_OPTION_INVALID' });
});

test('a failure that nobody asked about goes to the log, in one line', async () => {
  const lines = new Lines();
  const app = await boot({ imports: [withPools()] }, lines);
  await app.get<NbAioPool>(getPoolToken()).submit(async () => {
    throw new TypeError('two\nlines');
  });
  const { level, text } = await lines.seen(/failed/);
  expect(level).toBe('error');
  expect(text).toBe("A task of pool 'default' failed, and nobody asked for its result: TypeError: two lines");
});

test('an onError of the user hears it instead', async () => {
  const heard = deferred<unknown>();
  const app = await boot({ imports: [withPools({ default: { onError: (error) => heard.resolve(error) } })] });
  await app.get<NbAioPool>(getPoolToken()).submit(async () => {
    throw new TypeError('mine');
  });
  expect(await heard.promise).toMatchObject({ message: 'mine' });
});
