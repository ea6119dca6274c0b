import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import {
  AioTask,
  AioTaskContext,
  InjectPool,
  InjectTasks,
  NbAioPool,
  NbAioPoolModule,
  Tasks,
} from '../../lib/index.js';
import { deferred, type Deferred } from '../pool/signals.js';
import { startRedis, type RedisServer } from '../redis-server.js';
import { boot, closeAfterEach } from './kit.js';

closeAfterEach();

let redis: RedisServer;
beforeEach(async () => {
  redis = await startRedis();
});
afterEach(() => redis.stop());

@Injectable()
class SlowTasks {
  readonly started = deferred();
  readonly aborted: Deferred<unknown> = deferred();

  @AioTask('slow')
  async run(): Promise<void> {
    const { signal } = AioTaskContext.current() ?? {};
    signal?.addEventListener('abort', () => this.aborted.resolve(signal.reason));
    this.started.resolve();
    await this.aborted.promise;
  }

  @AioTask('other')
  async other(): Promise<void> {}
}

@Injectable()
class Client {
  constructor(
    @InjectTasks(SlowTasks) readonly tasks: Tasks<SlowTasks>,
    @InjectPool() readonly pool: NbAioPool,
  ) {}
}

describe('a shutdown ends soon after the grace period though Redis', () => {
  test.each<[string, () => unknown]>([
    ['hangs', () => redis.signal('SIGSTOP')],
    ['is gone', () => redis.kill()],
  ])('%s', async (_, strike) => {
    const app = await boot({
      imports: [NbAioPoolModule.forRoot({ redis: redis.url, grace: 100 })],
      providers: [SlowTasks, Client],
    });
    const { tasks, pool } = app.get(Client);
    await tasks.run.submit();
    await app.get(SlowTasks).started.promise;
    await strike();
    // Neither can be stored any more.
    tasks.other.submit().catch(() => {});
    const pooled = await pool.submit(() => tasks.other.submit());
    pooled.result().catch(() => {});
    // Well within this test's time limit, else it fails.
    await app.close();
    expect(await app.get(SlowTasks).aborted.promise).toMatchObject({ code: 'NB_CONSUMER_STOPPED' });
  });
});
