import { describe, expect, test } from '@jest/globals';
import { Global, Injectable, Module, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import {
  AioTask,
  AioTaskContext,
  AioTaskRegistry,
  getPoolToken,
  getTasksToken,
  InjectTasks,
  MemoryBroker,
  NbAioPool,
  NbAioPoolModule,
  Tasks,
  type NbAioPoolModuleOptions,
} from '../../lib/index.js';
import { deferred, isSettled, type Deferred } from '../pool/signals.js';
import { boot, bootError, closeAfterEach, Lines } from './kit.js';
import type { TestingModule } from '@nestjs/testing';

closeAfterEach();

const memory = (options: NbAioPoolModuleOptions = {}) =>
  NbAioPoolModule.forRoot({ broker: 'memory', ...options });

/** Closes as early as a module can. */
@Injectable()
class Database implements OnModuleDestroy {
  open = true;

  onModuleDestroy(): void {
    this.open = false;
  }
}

@Global()
@Module({ providers: [Database], exports: [Database] })
class DatabaseModule {}

/** A module like any other, with a provider that a task uses. */
class Cache extends Database {}
@Module({ providers: [Cache], exports: [Cache] })
class CacheModule {}

/** Lets tests hold a task. */
class Gate {
  readonly started = deferred();
  readonly leave = deferred();
  seen: boolean[] = [];
}

@Injectable()
class OrderTasks {
  constructor(
    private readonly database: Database,
    private readonly cache: Cache,
    private readonly gate: Gate,
    @InjectTasks(OrderTasks) private readonly own: Tasks<OrderTasks>,
  ) {}

  @AioTask('orders')
  async ship(): Promise<void> {
    this.gate.started.resolve();
    await this.gate.leave.promise;
    this.gate.seen.push(this.database.open, this.cache.open);
    await this.own.note.submit();
  }

  @AioTask('notes')
  async note(): Promise<void> {}
}

async function bootOrders(options: NbAioPoolModuleOptions = {}, lines = new Lines()): Promise<TestingModule> {
  return boot(
    {
      // The worst order: the module first, the others after it.
      imports: [memory(options), DatabaseModule, CacheModule],
      providers: [OrderTasks, Gate],
    },
    lines,
  );
}

async function started(app: TestingModule): Promise<Gate> {
  await app.get<Tasks<OrderTasks>>(getTasksToken(OrderTasks)).ship.submit();
  await app.get(Gate).started.promise;
  return app.get(Gate);
}

describe('shutdown', () => {
  test('drains while every provider is open, global ones included, and tasks can still submit', async () => {
    const broker = new MemoryBroker();
    const app = await bootOrders({ broker, consume: ['orders'] });
    const gate = await started(app);
    const closed = app.close();
    expect(await isSettled(closed)).toBe(false);
    expect(app.get(Database).open).toBe(true);
    gate.leave.resolve();
    await closed;
    expect(gate.seen).toEqual([true, true]);
    expect(app.get(Database).open).toBe(false);
    // Submitted during the drain, and nobody's to run any more.
    expect(await broker.counts('notes')).toMatchObject({ ready: 1 });
    expect(await broker.counts('orders')).toMatchObject({ ready: 0, onLoan: 0, dead: 0 });
  });

  test('waits no longer than the grace period, aborts the signal, and gives the message back', async () => {
    const aborted = deferred<unknown>();
    class Endless {
      readonly started = deferred();

      @AioTask('endless')
      async run(): Promise<void> {
        const { signal } = AioTaskContext.current() ?? {};
        signal?.addEventListener('abort', () => aborted.resolve(signal.reason));
        this.started.resolve();
        await aborted.promise;
      }
    }
    const broker = new MemoryBroker();
    const lines = new Lines();
    class Client {
      constructor(readonly tasks: Tasks<Endless>) {}
    }
    InjectTasks(Endless)(Client, undefined as never, 0);
    const app = await boot({ imports: [memory({ broker, grace: 20 })], providers: [Endless, Client] }, lines);
    await app.get(Client).tasks.run.submit();
    await app.get(Endless).started.promise;
    await app.close();
    expect(await aborted.promise).toMatchObject({ code: 'NB_CONSUMER_STOPPED' });
    expect(await broker.counts('endless')).toMatchObject({ ready: 1, onLoan: 0 });
    expect(lines.texts('warn')).toEqual([expect.stringMatching(/Stopped consuming queue 'endless'/)]);
  });

  test('lets accepted pool tasks finish before anything is destroyed', async () => {
    const app = await bootOrders();
    const pool = app.get<NbAioPool>(getPoolToken());
    const gate: Deferred<void> = deferred();
    const future = await pool.submit(async () => {
      await gate.promise;
      return app.get(Database).open;
    });
    const closed = app.close();
    expect(await isSettled(closed)).toBe(false);
    gate.resolve();
    await closed;
    expect(await future.result()).toBe(true);
    await expect(pool.submit(async () => 1)).rejects.toMatchObject({ code: 'NB_POOL_CLOSED' });
  });

  test('does not wait for a pool task beyond the grace period', async () => {
    const app = await bootOrders({ grace: 10 });
    const aborted = deferred<unknown>();
    await app.get<NbAioPool>(getPoolToken()).submit(async ({ signal }) => {
      signal.addEventListener('abort', () => aborted.resolve(signal.reason));
      await new Promise(() => {});
    });
    await app.close();
    expect(await aborted.promise).toMatchObject({ code: 'NB_TASK_CANCELLED' });
  });

  test('closes the broker last: what submits in a later hook still can', async () => {
    const broker = new MemoryBroker();
    @Injectable()
    class Late {
      constructor(@InjectTasks(OrderTasks) private readonly orders: Tasks<OrderTasks>) {}

      async beforeApplicationShutdown(): Promise<void> {
        await this.orders.note.submit();
      }
    }
    const app = await boot({
      imports: [memory({ broker }), DatabaseModule, CacheModule],
      providers: [OrderTasks, Gate, Late],
    });
    await app.close();
    expect(await broker.counts('notes')).toMatchObject({ ready: 1 });
  });
});

describe('start', () => {
  test('consumes only when every module has started', async () => {
    const order: string[] = [];
    const ran = deferred();
    @Injectable()
    class Warm implements OnModuleInit {
      constructor(private readonly registry: AioTaskRegistry) {}

      onModuleInit(): void {
        order.push('init');
      }
      onApplicationBootstrap(): void {
        order.push(this.registry.list().some(({ consuming }) => consuming) ? 'too early' : 'bootstrap');
      }
    }
    @Injectable()
    class EarlyTasks {
      constructor(@InjectTasks(EarlyTasks) private readonly own: Tasks<EarlyTasks>) {}

      async onModuleInit(): Promise<void> {
        await this.own.run.submit();
      }

      @AioTask('early')
      async run(): Promise<void> {
        order.push('run');
        ran.resolve();
      }
    }
    await boot({ imports: [memory()], providers: [EarlyTasks, Warm] });
    await ran.promise;
    expect(order).toEqual(['init', 'bootstrap', 'run']);
  });

  test('says which queues it consumes, in one line', async () => {
    const lines = new Lines();
    await bootOrders({}, lines);
    expect(lines.texts('log')).toEqual(["Consuming 'orders' (ship; 50 at once), 'notes' (note; 50 at once)"]);
  });

  test('that fails can be closed like any other', async () => {
    await expect(bootError({ imports: [memory({ consume: ['none'] })] })).resolves.toMatchObject({
      code: 'NB_QUEUE_UNKNOWN',
    });
  });
});
