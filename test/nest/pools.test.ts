import { expect, test } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import { getPoolToken, InjectPool, NbAioPool, NbAioPoolModule, type PoolOptions } from '../../lib/index.js';
import { deferred } from '../pool/signals.js';
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
