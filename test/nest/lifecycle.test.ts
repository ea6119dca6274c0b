import { afterEach, describe, expect, test } from '@jest/globals';
import {
  ConsoleLogger,
  Controller,
  Get,
  Global,
  Injectable,
  Module,
  Post,
  type INestApplication,
  type INestApplicationContext,
  type INestMicroservice,
  type OnApplicationShutdown,
  type OnModuleInit,
  type Type,
} from '@nestjs/common';
import { LazyModuleLoader, NestFactory } from '@nestjs/core';
import {
  ClientProxyFactory,
  MessagePattern,
  Transport,
  type ClientProxy,
  type MicroserviceOptions,
} from '@nestjs/microservices';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { firstValueFrom } from 'rxjs';
import {
  AioTask,
  AioTaskRegistry,
  getPoolToken,
  InjectPool,
  InjectTasks,
  MemoryBroker,
  NbAioPool,
  NbAioPoolModule,
  Tasks,
  type NbAioPoolModuleOptions,
} from '../../lib/index.js';
import { deferred, isSettled } from '../pool/signals.js';
import { freePort } from '../redis-server.js';
import { boot, bootError, closeAfterEach, Lines } from './kit.js';

closeAfterEach();

/** What NestFactory made, and clients of it: closed after each test. */
const toClose: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of toClose.splice(0).toReversed()) await each.close();
});
function closeLater<T extends { close(): unknown }>(each: T): T {
  toClose.push(each);
  return each;
}

const memory = (options: NbAioPoolModuleOptions = {}) =>
  NbAioPoolModule.forRoot({ broker: 'memory', ...options });
const quiet = { logger: false, abortOnError: false } as const;

class SumTasks {
  @AioTask('sums')
  async add(a: number, b: number): Promise<number> {
    return a + b;
  }
}

@Controller('sums')
class SumController {
  constructor(@InjectTasks(SumTasks) readonly sums: Tasks<SumTasks>) {}

  @Post()
  async create(): Promise<{ id: string }> {
    const { id } = await this.sums.add.submit(1, 2);
    return { id };
  }

  @Get()
  async read(): Promise<{ value: number }> {
    return { value: await this.sums.add.run(20, 22) };
  }

  @MessagePattern('sum')
  async sum([a, b]: [number, number]): Promise<number> {
    return await this.sums.add.run(a, b);
  }
}

function appOf(options: NbAioPoolModuleOptions = {}, providers: Type[] = [SumTasks]): Type {
  @Module({ imports: [memory(options)], providers, controllers: [SumController] })
  class AppModule {}
  return AppModule;
}

const adapters = { express: () => new ExpressAdapter(), fastify: () => new FastifyAdapter() };

describe.each(['express', 'fastify'] as const)('on %s', (platform) => {
  async function listen(module: Type): Promise<INestApplication> {
    const app = await NestFactory.create<NestFastifyApplication>(
      module,
      adapters[platform]() as FastifyAdapter,
      quiet,
    );
    await closeLater(app).listen(0, '127.0.0.1');
    return app;
  }

  test('a web process submits and consumes', async () => {
    const app = await listen(appOf());
    const answer = await fetch(`${await app.getUrl()}/sums`);
    expect(await answer.json()).toEqual({ value: 42 });
  });

  test('a web process that only submits', async () => {
    const broker = new MemoryBroker();
    const app = await listen(appOf({ broker, consume: false }, []));
    const answer = await fetch(`${await app.getUrl()}/sums`, { method: 'POST' });
    expect(await answer.json()).toEqual({ id: expect.any(String) });
    expect(await broker.counts('sums')).toMatchObject({ ready: 1 });
    await broker.close();
  });

  test('a request that comes in while consumers drain can still submit', async () => {
    const entered = deferred();
    const leave = deferred();
    @Injectable()
    class SlowTasks extends SumTasks {
      @AioTask('slow')
      async wait(): Promise<void> {
        entered.resolve();
        await leave.promise;
      }
    }
    @Injectable()
    class SlowClient {
      constructor(@InjectTasks(SlowTasks) readonly slow: Tasks<SlowTasks>) {}
    }
    const broker = new MemoryBroker();
    const app = await listen(appOf({ broker }, [SlowTasks, SlowClient]));
    const url = `${await app.getUrl()}/sums`;
    await app.get(SlowClient).slow.wait.submit();
    await entered.promise;
    const closed = app.close();
    const answer = await fetch(url, { method: 'POST', headers: { connection: 'close' } });
    expect(await answer.json()).toEqual({ id: expect.any(String) });
    expect(await isSettled(closed)).toBe(false);
    expect(await broker.counts('sums')).toMatchObject({ ready: 1 });
    leave.resolve();
    await closed;
    await broker.close();
  });
});

describe('without a web server', () => {
  test('a process that only consumes', async () => {
    const broker = new MemoryBroker();
    const web = await boot({
      imports: [memory({ broker, consume: false })],
      controllers: [SumController],
    });
    @Module({ imports: [memory({ broker })], providers: [SumTasks] })
    class ConsumerModule {}
    const context: INestApplicationContext = closeLater(
      await NestFactory.createApplicationContext(ConsumerModule, quiet),
    );
    expect(await web.get(SumController).sums.add.run(1, 2)).toBe(3);
    expect(context.get(AioTaskRegistry).list()).toMatchObject([{ queue: 'sums', consuming: true }]);
    await context.close();
    await web.close();
    await broker.close();
  });
});

describe('microservices', () => {
  async function client(port: number): Promise<ClientProxy> {
    const proxy = ClientProxyFactory.create({
      transport: Transport.TCP,
      options: { host: '127.0.0.1', port },
    });
    await proxy.connect();
    return closeLater(proxy);
  }
  const overTcp = (port: number): MicroserviceOptions => ({
    transport: Transport.TCP,
    options: { host: '127.0.0.1', port },
  });

  test('a microservice', async () => {
    const port = await freePort();
    const app: INestMicroservice = await NestFactory.createMicroservice<MicroserviceOptions>(appOf(), {
      ...overTcp(port),
      ...quiet,
    });
    await closeLater(app).listen();
    const proxy = await client(port);
    expect(await firstValueFrom(proxy.send<number>('sum', [3, 4]))).toBe(7);
    expect(app.get(AioTaskRegistry).list()).toMatchObject([{ consuming: true }]);
    await app.close();
    expect(app.get(AioTaskRegistry).list()).toMatchObject([{ consuming: false }]);
  });

  test('a hybrid application', async () => {
    const port = await freePort();
    const app = closeLater(await NestFactory.create(appOf(), quiet));
    app.connectMicroservice<MicroserviceOptions>(overTcp(port));
    await app.startAllMicroservices();
    await app.listen(0, '127.0.0.1');
    const proxy = await client(port);
    expect(await firstValueFrom(proxy.send<number>('sum', [3, 4]))).toBe(7);
    const answer = await fetch(`${await app.getUrl()}/sums`);
    expect(await answer.json()).toEqual({ value: 42 });
    await app.close();
    expect(app.get(AioTaskRegistry).list()).toMatchObject([{ consuming: false }]);
  });
});

describe('the registry', () => {
  @Injectable()
  class Work {
    entered = deferred();
    leave = deferred();

    @AioTask('work', 1)
    async run(): Promise<void> {
      this.entered.resolve();
      await this.leave.promise;
    }
  }
  @Injectable()
  class Client {
    constructor(
      @InjectTasks(Work) readonly work: Tasks<Work>,
      readonly registry: AioTaskRegistry,
    ) {}
  }
  const bootWork = (options: NbAioPoolModuleOptions = {}, lines = new Lines()) =>
    boot({ imports: [memory(options)], providers: [Work, Client] }, lines);

  test('starts a queue that option consume leaves out, and stops it', async () => {
    const lines = new Lines();
    const app = await bootWork({ consume: false }, lines);
    const { registry, work } = app.get(Client);
    app.get(Work).leave.resolve();
    await work.run.submit();
    await registry.start('work');
    await app.get(Work).entered.promise;
    await registry.start('work');
    expect(registry.list()).toMatchObject([{ queue: 'work', consuming: true, paused: false }]);
    await registry.stop('work');
    await registry.stop('work');
    expect(registry.list()).toMatchObject([{ consuming: false, running: 0 }]);
    await work.run.submit();
    expect(await work.run.getQueueSize()).toBe(1);
    expect(lines.texts('log')).toEqual(["Consuming 'work' (run; 1 at once)", "Stopped consuming 'work'"]);
  });

  test('a stop waits for what runs, and a start after it consumes again', async () => {
    const app = await bootWork();
    const { registry, work } = app.get(Client);
    await work.run.submit();
    await app.get(Work).entered.promise;
    const stopped = registry.stop('work');
    const started = registry.start('work');
    expect(await isSettled(stopped)).toBe(false);
    app.get(Work).leave.resolve();
    await stopped;
    await started;
    expect(registry.list()).toMatchObject([{ consuming: true }]);
    await work.run.run();
  });

  test('pauses and resumes: what runs goes on, and nothing else starts', async () => {
    const lines = new Lines();
    const app = await bootWork({}, lines);
    const { registry, work } = app.get(Client);
    const first = work.run.run();
    await app.get(Work).entered.promise;
    await registry.pause('work');
    expect(registry.list()).toMatchObject([{ consuming: true, paused: true, running: 1 }]);
    const second = work.run.run();
    app.get(Work).leave.resolve();
    await first;
    expect(await isSettled(second)).toBe(false);
    await registry.resume('work');
    await second;
    expect(registry.list()).toMatchObject([{ paused: false }]);
    expect(lines.texts('log').slice(1)).toEqual(["Paused 'work'", "Resumed 'work'"]);
  });

  test('a paused application closes', async () => {
    const app = await bootWork();
    await app.get(Client).registry.pause('work');
    await app.close();
    expect(app.get(AioTaskRegistry).list()).toMatchObject([{ consuming: false }]);
  });

  test('a stop by hand that is under way is part of the shutdown', async () => {
    const app = await bootWork();
    const { registry, work } = app.get(Client);
    await work.run.submit();
    await app.get(Work).entered.promise;
    const stopped = registry.stop('work');
    const closed = app.close();
    expect(await isSettled(closed)).toBe(false);
    app.get(Work).leave.resolve();
    await Promise.all([stopped, closed]);
  });

  test.each(['start', 'stop', 'pause', 'resume'] as const)(
    '%s of a queue that no task is on names the near one',
    async (order) => {
      const { registry } = (await bootWork()).get(Client);
      await expect(registry[order]('wrok')).rejects.toMatchObject({
        code: 'NB_QUEUE_UNKNOWN',
        message: expect.stringMatching(`AioTaskRegistry.${order}: .*'wrok'.*did you mean 'work'`) as never,
      });
    },
  );

  test('what is not consumed can be neither paused nor resumed', async () => {
    const { registry } = (await bootWork({ consume: false })).get(Client);
    for (const order of ['pause', 'resume'] as const) {
      await expect(registry[order]('work')).rejects.toMatchObject({
        code: 'NB_CONSUMER_CONTROL',
        message: `AioTaskRegistry.${order}('work'): this process does not consume the queue; call start('work') first.`,
      });
    }
  });

  test('starts nothing before all modules are initialised, nor after the end', async () => {
    const early: unknown[] = [];
    @Injectable()
    class Hasty implements OnModuleInit {
      constructor(private readonly registry: AioTaskRegistry) {}

      async onModuleInit(): Promise<void> {
        await this.registry.start('work').catch((error: unknown) => early.push(error));
      }
      async onApplicationBootstrap(): Promise<void> {
        await this.registry.start('work');
        early.push(this.registry.list()[0]?.consuming);
      }
    }
    const app = await boot({ imports: [memory({ consume: false })], providers: [Work, Client, Hasty] });
    expect(early).toEqual([
      expect.objectContaining({
        code: 'NB_CONSUMER_CONTROL',
        message: expect.stringContaining('call it in onApplicationBootstrap, or later') as never,
      }),
      true,
    ]);
    await app.close();
    await expect(app.get(AioTaskRegistry).start('work')).rejects.toMatchObject({
      code: 'NB_CONSUMER_CONTROL',
    });
  });

  test('asks which connection is meant only when there is a choice', async () => {
    class Both {
      @AioTask('shared')
      async here(): Promise<void> {}
      @AioTask({ queue: 'shared', connection: 'eu' })
      async there(): Promise<void> {}
      @AioTask({ queue: 'alone', connection: 'eu' })
      async alone(): Promise<void> {}
    }
    const app = await boot({ imports: [memory(), memory({ name: 'eu' })], providers: [Both] });
    const registry = app.get(AioTaskRegistry);
    const consuming = () =>
      registry
        .list()
        .filter((each) => each.consuming)
        .map(({ connection, queue }) => `${connection}:${queue}`);
    await registry.stop('alone');
    await registry.stop('shared', 'eu');
    expect(consuming()).toEqual(['default:shared']);
    await expect(registry.stop('shared')).rejects.toMatchObject({
      code: 'NB_OPTION_INVALID',
      message: expect.stringContaining("as in stop('shared', 'default')") as never,
    });
    await expect(registry.stop('shared', 'ue')).rejects.toMatchObject({
      code: 'NB_CONNECTION_UNKNOWN',
      message: expect.stringContaining("did you mean 'eu'") as never,
    });
    await expect(registry.stop('nothing')).rejects.toMatchObject({ code: 'NB_QUEUE_UNKNOWN' });
  });
});

describe('the order of things', () => {
  test('the broker closes after the last hook of every other module, global ones included', async () => {
    const submitted: string[] = [];
    @Injectable()
    class Audit implements OnApplicationShutdown {
      constructor(@InjectTasks(SumTasks) private readonly sums: Tasks<SumTasks>) {}

      async onApplicationShutdown(): Promise<void> {
        submitted.push((await this.sums.add.submit(1, 2)).id);
      }
    }
    @Global()
    @Module({ providers: [Audit] })
    class AuditModule {}
    @Module({ imports: [AuditModule, memory()] })
    class Before {}
    @Module({ imports: [memory(), AuditModule] })
    class After {}
    for (const module of [Before, After]) {
      const app = await NestFactory.createApplicationContext(module, quiet);
      await app.close();
    }
    expect(submitted).toHaveLength(2);
  });

  test('the broker is open for the first hook of every other module', async () => {
    const ids: string[] = [];
    @Injectable()
    class Seeder implements OnModuleInit {
      constructor(@InjectTasks(SumTasks) private readonly sums: Tasks<SumTasks>) {}

      async onModuleInit(): Promise<void> {
        ids.push((await this.sums.add.submit(1, 2)).id);
      }
    }
    @Global()
    @Module({ providers: [Seeder] })
    class SeederModule {}
    await boot({ imports: [SeederModule, memory()] });
    expect(ids).toHaveLength(1);
  });

  test('a provider that the options need, and that needs a pool, is an error and no endless start', async () => {
    // Nest 11 itself waits for ever when factories need one another.
    if (!('stringifyParams' in ConsoleLogger.prototype)) return;
    @Injectable()
    class Knot {
      constructor(@InjectPool() readonly pool: NbAioPool) {}
    }
    @Module({ providers: [Knot], exports: [Knot] })
    class KnotModule {}
    const error = await bootError({
      imports: [
        NbAioPoolModule.forRootAsync({
          imports: [KnotModule],
          inject: [Knot],
          useFactory: () => ({ broker: 'memory' as const }),
        }),
      ],
    });
    expect(error.message).toMatch(/circular|could not be made/i);
  });

  test('a lazy module can register a pool and inject tasks', async () => {
    @Injectable()
    class LazyService {
      constructor(
        @InjectPool('lazy') readonly pool: NbAioPool,
        @InjectTasks(SumTasks) readonly sums: Tasks<SumTasks>,
      ) {}
    }
    @Module({ imports: [NbAioPoolModule.registerPool('lazy')], providers: [LazyService] })
    class LazyModule {}
    const app = await boot({ imports: [memory()], providers: [SumTasks] });
    const loaded = await app.get(LazyModuleLoader).load(() => LazyModule);
    const { pool, sums } = loaded.get(LazyService);
    expect(await pool.run(() => sums.add.run(1, 2))).toBe(3);
    await app.close();
    await expect(pool.submit(() => 1)).rejects.toMatchObject({ code: 'NB_POOL_CLOSED' });
  });

  test.each(['reference', 'deep-hash'] as const)(
    'several connections, whatever names modules: %s',
    async (moduleIdGeneratorAlgorithm) => {
      class BothTasks {
        @AioTask('both')
        async here(): Promise<string> {
          return 'here';
        }
        @AioTask({ queue: 'both', connection: 'eu' })
        async there(): Promise<string> {
          return 'there';
        }
      }
      @Injectable()
      class BothClient {
        constructor(
          @InjectTasks(BothTasks) readonly both: Tasks<BothTasks>,
          @InjectPool('crawler', 'eu') readonly crawler: NbAioPool,
        ) {}
      }
      @Module({ imports: [NbAioPoolModule.registerPool('crawler', {}, 'eu')] })
      class Feature {}
      @Module({
        imports: [Feature, memory({ name: 'eu' }), memory()],
        providers: [BothTasks, BothClient],
      })
      class BothModule {}
      const app = closeLater(
        await NestFactory.createApplicationContext(BothModule, { ...quiet, moduleIdGeneratorAlgorithm }),
      );
      const { both, crawler } = app.get(BothClient);
      expect(await crawler.run(() => Promise.all([both.here.run(), both.there.run()]))).toEqual([
        'here',
        'there',
      ]);
    },
  );

  test('two applications in one process: one closes, and the other does not notice', async () => {
    const first = await boot({ imports: [memory()], providers: [SumTasks], controllers: [SumController] });
    const second = await boot({
      imports: [memory({ name: 'eu' }), memory()],
      providers: [SumTasks],
      controllers: [SumController],
    });
    expect(first.get(AioTaskRegistry)).not.toBe(second.get(AioTaskRegistry));
    await first.close();
    expect(await second.get(SumController).sums.add.run(1, 2)).toBe(3);
    expect(await second.get<NbAioPool>(getPoolToken()).run(() => 'open')).toBe('open');
    await expect(first.get(SumController).sums.add.submit(1, 2)).rejects.toMatchObject({
      code: 'NB_BROKER_CLOSED',
    });
  });
});
