import { describe, expect, test } from '@jest/globals';
import { Injectable, Module, type DynamicModule } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
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
  type NbAioPoolOptionsFactory,
} from '../../lib/index.js';
import { deferred } from '../pool/signals.js';
import { boot, bootError, closeAfterEach, Lines, thrownBy } from './kit.js';

closeAfterEach();

const memory = (options: NbAioPoolModuleOptions = {}) =>
  NbAioPoolModule.forRoot({ broker: 'memory', ...options });

const queuesOf = (registry: AioTaskRegistry) =>
  registry.list().map(({ connection, queue, consuming }) => [connection, queue, consuming]);

class MailTasks {
  @AioTask('mails')
  async send(to: string): Promise<string> {
    return `sent to ${to}`;
  }
}

@Injectable()
class MailClient {
  constructor(
    @InjectTasks(MailTasks) readonly mails: Tasks<MailTasks>,
    @InjectPool('crawler') readonly crawler: NbAioPool,
  ) {}
}

describe('forRootAsync with ConfigService', () => {
  const config = ConfigModule.forRoot({
    ignoreEnvFile: true,
    ignoreEnvVars: true,
    load: [() => ({ broker: 'memory', crawlers: 3, text: '3' })],
  });
  const fromConfig = (service: ConfigService): NbAioPoolModuleOptions => ({
    broker: service.get('broker') as 'memory',
    pools: { crawler: { maxConcurrency: service.getOrThrow<number>('crawlers') } },
  });

  @Injectable()
  class PoolConfig implements NbAioPoolOptionsFactory {
    constructor(private readonly service: ConfigService) {}

    create(): NbAioPoolModuleOptions {
      return fromConfig(this.service);
    }
  }
  @Module({ imports: [config], providers: [PoolConfig], exports: [PoolConfig] })
  class PoolConfigModule {}

  test.each<[string, () => DynamicModule]>([
    [
      'useFactory',
      () =>
        NbAioPoolModule.forRootAsync({ imports: [config], inject: [ConfigService], useFactory: fromConfig }),
    ],
    ['useClass', () => NbAioPoolModule.forRootAsync({ imports: [config], useClass: PoolConfig })],
    [
      'useExisting',
      () => NbAioPoolModule.forRootAsync({ imports: [PoolConfigModule], useExisting: PoolConfig }),
    ],
  ])('%s', async (_, imported) => {
    const app = await boot({ imports: [imported()], providers: [MailTasks, MailClient] });
    const { mails, crawler } = app.get(MailClient);
    expect(await mails.send.run('ann')).toBe('sent to ann');
    expect(crawler.stats()).toMatchObject({ name: 'crawler', maxConcurrency: 3 });
  });

  test('a value of the wrong type is refused as in forRoot, quoting it', async () => {
    const error = await bootError({
      imports: [
        NbAioPoolModule.forRootAsync({
          imports: [config],
          inject: [ConfigService],
          useFactory: (service: ConfigService) => ({
            broker: 'memory' as const,
            pools: { crawler: { maxConcurrency: service.getOrThrow<number>('text') } },
          }),
        }),
      ],
      providers: [MailTasks, MailClient],
    });
    expect(error).toMatchObject({ code: 'NB_OPTION_INVALID' });
    expect(error.message).toMatch(/pool 'crawler'.*'maxConcurrency'.*"3" \(string\)/);
  });

  test('what the factory throws is what the start fails with', async () => {
    const useFactory = (): NbAioPoolModuleOptions => {
      throw new RangeError('no configuration');
    };
    const error = await bootError({
      imports: [NbAioPoolModule.forRootAsync({ useFactory })],
      providers: [MailTasks, MailClient],
    });
    expect(error.message).toBe('no configuration');
  });

  test('a factory that answers nothing', async () => {
    const useFactory = () => undefined as unknown as NbAioPoolModuleOptions;
    const error = await bootError({ imports: [NbAioPoolModule.forRootAsync({ useFactory })] });
    expect(error).toMatchObject({ code: 'NB_OPTION_INVALID' });
    expect(error.message).toContain('options must be an object, but were undefined');
  });

  test('a class without create is refused, saying so', async () => {
    class Empty {
      make(): void {}
    }
    const useClass = Empty as unknown as typeof PoolConfig;
    for (const imported of [
      [NbAioPoolModule.forRootAsync({ useClass })],
      [memory(), NbAioPoolModule.registerPoolAsync('crawler', { useClass })],
    ]) {
      const error = await bootError({ imports: imported });
      expect(error).toMatchObject({ code: 'NB_OPTION_INVALID' });
      expect(error.message).toMatch(/Async: .* must have a method create\(\).*an object of class Empty/);
    }
  });

  test.each<[object, string]>([
    [{ useClass: PoolConfig, useFactory: fromConfig }, "'useFactory' and 'useClass' are both given"],
    [{ useClass: PoolConfig, inject: [ConfigService] }, "'inject' is for 'useFactory'"],
    [{ useClass: PoolConfig, name: 'e u' }, '"e u" (string)'],
  ])('refuses what it would ignore: %j', (options, text) => {
    const error = thrownBy(() => NbAioPoolModule.forRootAsync(options));
    expect(error).toMatchObject({ code: 'NB_OPTION_INVALID' });
    expect(error.message).toContain(text);
  });
});

describe('new options', () => {
  test.each<[object, string]>([
    [{ name: '' }, '"" (string)'],
    [{ name: 'a:b' }, '"a:b" (string)'],
    [{ globalEnhancers: 1 }, '1 (number)'],
    [{ propagators: [{}] }, 'a list of propagators'],
    [{ propagators: [], defaults: { propagators: [] } }, 'given twice'],
  ])('%j', (options, text) => {
    const error = thrownBy(() => NbAioPoolModule.forRoot(options));
    expect(error).toMatchObject({ code: 'NB_OPTION_INVALID' });
    expect(error.message).toContain(text);
  });

  test('propagators carry the context of the caller to the task', async () => {
    const seen: unknown[] = [];
    const propagators = [
      {
        capture: () => ({ tenant: 'acme' }),
        restore: <T>(headers: Readonly<Record<string, string>>, run: () => T): T => {
          seen.push(headers['tenant']);
          return run();
        },
      },
    ];
    const app = await boot({
      imports: [memory({ propagators, pools: { crawler: {} } })],
      providers: [MailTasks, MailClient],
    });
    await app.get(MailClient).mails.send.run('ann');
    expect(seen).toEqual(['acme']);
  });
});

describe('registerPool', () => {
  @Injectable()
  class Crawler {
    constructor(@InjectPool('crawler') readonly pool: NbAioPool) {}
  }
  const feature = (imported: DynamicModule) => {
    @Module({ imports: [imported], providers: [Crawler], exports: [Crawler] })
    class CrawlerModule {}
    return CrawlerModule;
  };

  test('gives a feature module a pool of its own, which all can inject', async () => {
    const app = await boot({
      imports: [
        feature(NbAioPoolModule.registerPool('crawler', { maxConcurrency: 4, maxQueueSize: 0 })),
        memory(),
      ],
      providers: [MailTasks, MailClient],
    });
    const { pool } = app.get(Crawler);
    expect(pool.stats()).toMatchObject({ name: 'crawler', maxConcurrency: 4, maxQueueSize: 0 });
    expect(app.get(MailClient).crawler).toBe(pool);
    expect(app.get(getPoolToken('crawler'))).toBe(pool);
  });

  test('also when the feature comes after forRoot, and through a module that exports it', async () => {
    @Module({ imports: [NbAioPoolModule.registerPool('crawler')], exports: [NbAioPoolModule] })
    class Shared {}
    @Module({ imports: [Shared], providers: [Crawler] })
    class Feature {}
    const app = await boot({ imports: [memory(), Feature] });
    expect(app.get(Crawler).pool.stats()).toMatchObject({ name: 'crawler', maxConcurrency: 100 });
  });

  test('registerPools takes several', async () => {
    const app = await boot({
      imports: [memory(), NbAioPoolModule.registerPools({ crawler: { maxConcurrency: 1 }, mailer: {} })],
      providers: [Crawler],
    });
    expect(app.get(Crawler).pool.stats()).toMatchObject({ maxConcurrency: 1 });
    expect(app.get<NbAioPool>(getPoolToken('mailer')).stats()).toMatchObject({ name: 'mailer' });
  });

  test('registerPoolAsync takes options that others know', async () => {
    const imports = [ConfigModule.forRoot({ ignoreEnvFile: true, load: [() => ({ crawlers: 7 })] })];
    const app = await boot({
      imports: [
        memory(),
        feature(
          NbAioPoolModule.registerPoolAsync('crawler', {
            imports,
            inject: [ConfigService],
            useFactory: async (config: ConfigService) => ({ maxConcurrency: config.getOrThrow('crawlers') }),
          }),
        ),
      ],
      providers: [MailTasks, MailClient],
    });
    expect(app.get(Crawler).pool.stats()).toMatchObject({ maxConcurrency: 7 });
    expect(app.get(MailClient).crawler).toBe(app.get(Crawler).pool);
  });

  test('its tasks finish before any module is destroyed, and then it is closed', async () => {
    const app = await boot({ imports: [memory(), feature(NbAioPoolModule.registerPool('crawler'))] });
    const { pool } = app.get(Crawler);
    const leave = deferred();
    const future = await pool.submit(() => leave.promise);
    const closed = app.close();
    leave.resolve();
    await closed;
    expect(future.state).toBe('done');
    await expect(pool.submit(() => 1)).rejects.toMatchObject({ code: 'NB_POOL_CLOSED' });
  });

  test('its failures that nobody asked for go to the log', async () => {
    const lines = new Lines();
    const app = await boot({ imports: [memory(), feature(NbAioPoolModule.registerPool('crawler'))] }, lines);
    await app.get(Crawler).pool.submit(async () => {
      throw new TypeError('mine');
    });
    expect((await lines.seen(/failed/)).text).toContain("pool 'crawler'");
  });

  test.each<[string, () => DynamicModule[], RegExp]>([
    [
      'forRoot',
      () => [memory({ pools: { crawler: {} } }), NbAioPoolModule.registerPool('crawler')],
      /RootTestModule configures pool 'crawler', and so does NbAioPoolModule's option 'pools'/,
    ],
    [
      'another module',
      () => [memory(), NbAioPoolModule.registerPool('crawler'), NbAioPoolModule.registerPool('crawler')],
      /RootTestModule configures pool 'crawler' twice/,
    ],
    [
      'the default pool',
      () => [memory(), NbAioPoolModule.registerPool('default')],
      /'default' always exists: set its options in forRoot/,
    ],
  ])('a name that %s has is refused, naming both', async (_, imports, text) => {
    const error = await bootError({ imports: imports() });
    expect(error).toMatchObject({ code: 'NB_POOL_CONFLICT' });
    expect(error.message).toMatch(text);
  });

  test.each<[() => unknown, string, string]>([
    [() => NbAioPoolModule.registerPool(''), 'NB_OPTION_INVALID', '"" (string)'],
    [() => NbAioPoolModule.registerPool('a', { size: 3 } as never), 'NB_OPTION_UNKNOWN', "pool 'a'"],
    [() => NbAioPoolModule.registerPool('a', { maxConcurrency: 0 }), 'NB_OPTION_INVALID', "pool 'a'"],
    [() => NbAioPoolModule.registerPools(null as never), 'NB_OPTION_INVALID', 'null'],
    [() => NbAioPoolModule.registerPoolAsync('a', {}), 'NB_OPTION_INVALID', 'useFactory'],
  ])('wrong options are refused at once: %p', (call, code, text) => {
    const error = thrownBy(call);
    expect(error).toMatchObject({ code });
    expect(error.message).toContain(text);
  });

  test('wrong async options when the application starts', async () => {
    const useFactory = () => ({ maxConcurrency: -1 });
    const error = await bootError({
      imports: [memory(), feature(NbAioPoolModule.registerPoolAsync('crawler', { useFactory }))],
      providers: [MailTasks, MailClient],
    });
    expect(error).toMatchObject({ code: 'NB_OPTION_INVALID' });
    expect(error.message).toContain('-1 (number)');
  });

  test('without a forRoot it says what is missing', async () => {
    const error = await bootError({ imports: [NbAioPoolModule.registerPool('crawler')] });
    expect(error).toMatchObject({ code: 'NB_CONNECTION_UNKNOWN' });
    expect(error.message).toMatch(
      /RootTestModule registers pool 'crawler' on connection 'default'.*There is none/,
    );
  });
});

describe('several connections', () => {
  class EuTasks {
    readonly where: string[] = [];

    @AioTask({ queue: 'mails', connection: 'eu' })
    async send(to: string): Promise<string> {
      return `eu: ${to}`;
    }

    @AioTask('notes')
    async note(): Promise<string> {
      return 'default';
    }
  }
  @Injectable()
  class EuClient {
    constructor(
      @InjectTasks(EuTasks) readonly eu: Tasks<EuTasks>,
      @InjectTasks(MailTasks) readonly mails: Tasks<MailTasks>,
      @InjectPool('crawler', 'eu') readonly crawler: NbAioPool,
      @InjectPool(undefined, 'eu') readonly euPool: NbAioPool,
      @InjectPool() readonly pool: NbAioPool,
    ) {}
  }
  const eu = (options: NbAioPoolModuleOptions = {}) =>
    memory({ name: 'eu', pools: { crawler: { maxConcurrency: 2 } }, ...options });

  test('each task is submitted to, and consumed from, its own; pools say whose they are', async () => {
    const home = new MemoryBroker();
    const abroad = new MemoryBroker();
    const app = await boot({
      imports: [memory({ broker: home, consume: ['notes'] }), eu({ broker: abroad })],
      providers: [EuTasks, MailTasks, EuClient],
    });
    const client = app.get(EuClient);
    expect(await client.eu.send.run('ann')).toBe('eu: ann');
    expect(await client.eu.note.run()).toBe('default');
    await client.mails.send.submit('bob');
    expect(await home.counts('mails')).toMatchObject({ ready: 1 });
    expect(await abroad.counts('mails')).toMatchObject({ ready: 0 });
    expect(client.crawler.stats()).toMatchObject({ maxConcurrency: 2 });
    expect(client.pool).not.toBe(client.euPool);
    expect(queuesOf(app.get(AioTaskRegistry))).toEqual([
      ['default', 'notes', true],
      ['default', 'mails', false],
      ['eu', 'mails', true],
    ]);
    await app.close();
    await Promise.all([home.close(), abroad.close()]);
  });

  test('with forRootAsync the name stands beside the factory', async () => {
    const useFactory = () => ({ broker: 'memory' as const, pools: { crawler: {} } });
    const app = await boot({
      imports: [memory(), NbAioPoolModule.forRootAsync({ name: 'eu', useFactory })],
      providers: [EuTasks, MailTasks, EuClient],
    });
    expect(await app.get(EuClient).eu.send.run('ann')).toBe('eu: ann');
  });

  test('a factory that says another name is refused', async () => {
    const useFactory = () => ({ broker: 'memory' as const, name: 'us' });
    const error = await bootError({ imports: [NbAioPoolModule.forRootAsync({ name: 'eu', useFactory })] });
    expect(error).toMatchObject({ code: 'NB_OPTION_INVALID' });
    expect(error.message).toContain("write name: 'us' beside useFactory");
  });

  test('options are of their own connection', async () => {
    const app = await boot({
      imports: [memory({ defaults: { maxConcurrency: 3 } }), eu({ defaults: { maxConcurrency: 9 } })],
      providers: [EuTasks],
    });
    const found = app.get(AioTaskRegistry).list();
    expect(found.map(({ queue, maxConcurrency }) => [queue, maxConcurrency])).toEqual([
      ['notes', 3],
      ['mails', 9],
    ]);
  });

  test('registerPool adds to a connection; names are unique in it only', async () => {
    const app = await boot({
      imports: [memory(), eu(), NbAioPoolModule.registerPool('crawler', { maxConcurrency: 5 })],
      providers: [MailTasks, EuTasks, MailClient, EuClient],
    });
    expect(app.get(MailClient).crawler.stats()).toMatchObject({ maxConcurrency: 5 });
    expect(app.get(EuClient).crawler.stats()).toMatchObject({ maxConcurrency: 2 });
    const error = await bootError({
      imports: [memory(), eu(), NbAioPoolModule.registerPool('crawler', {}, 'eu')],
    });
    expect(error).toMatchObject({ code: 'NB_POOL_CONFLICT' });
  });

  test('a second of one name is refused', async () => {
    const error = await bootError({ imports: [memory(), eu(), eu()] });
    expect(error).toMatchObject({ code: 'NB_MODULE_CONFLICT' });
    expect(error.message).toMatch(/of name 'eu' is imported 2 times/);
  });

  test('the log says whose line it is', async () => {
    const lines = new Lines();
    const contexts: unknown[] = [];
    const log = lines.log;
    Object.assign(lines, {
      log: (text: unknown, ...rest: unknown[]) => {
        if (/Consuming/.test(String(text))) contexts.push(rest.at(-1));
        log(text, ...rest);
      },
    });
    await boot({ imports: [memory(), eu()], providers: [EuTasks] }, lines);
    expect(contexts).toHaveLength(2);
    expect(contexts).toEqual(expect.arrayContaining(['NbAioPool', 'NbAioPool(eu)']));
  });

  test('all drain together: a task of one may wait for a task of the other', async () => {
    const entered = deferred();
    const leave = deferred();
    @Injectable()
    class Relay {
      constructor(@InjectTasks(EuTasks) private readonly tasks: Tasks<EuTasks>) {}

      @AioTask('relays')
      async relay(): Promise<void> {
        entered.resolve();
        await leave.promise;
        await this.tasks.send.submit('late');
      }
    }
    @Injectable()
    class RelayClient {
      constructor(@InjectTasks(Relay) readonly relays: Tasks<Relay>) {}
    }
    const abroad = new MemoryBroker();
    const app = await boot({
      imports: [eu({ broker: abroad }), memory()],
      providers: [Relay, EuTasks, RelayClient],
    });
    await app.get(RelayClient).relays.relay.submit();
    await entered.promise;
    const closed = app.close();
    leave.resolve();
    await closed;
    expect(await abroad.counts('mails')).toMatchObject({ ready: 1 });
    await abroad.close();
  });

  describe('one that does not exist fails the start, naming the near one', () => {
    class UsTasks {
      @AioTask({ queue: 'mails', connection: 'ue' })
      async send(): Promise<void> {}
    }
    @Injectable()
    class UsClient {
      constructor(@InjectTasks(UsTasks) readonly tasks: Tasks<UsTasks>) {}
    }
    @Injectable()
    class LostClient {
      constructor(@InjectPool('crawler', 'ue') readonly pool: NbAioPool) {}
    }

    test.each<[string, object[], string]>([
      ['a task', [UsTasks], "@AioTask on UsTasks.send names connection 'ue'"],
      [
        'tasks to submit',
        [UsClient],
        "UsClient asks for the tasks of UsTasks, and its method send is on connection 'ue'",
      ],
      ['a pool', [LostClient], "LostClient asks for pool 'crawler' of connection 'ue'"],
    ])('%s', async (_, providers, text) => {
      const error = await bootError({ imports: [memory(), eu()], providers: providers as never });
      expect(error).toMatchObject({ code: 'NB_CONNECTION_UNKNOWN' });
      expect(error.message).toContain(text);
      expect(error.message).toContain("did you mean 'eu'? The connections are 'default', 'eu'.");
    });

    test('also when only a connection with a name is there', async () => {
      const error = await bootError({ imports: [eu()], providers: [MailTasks] });
      expect(error).toMatchObject({ code: 'NB_CONNECTION_UNKNOWN' });
      expect(error.message).toContain("@AioTask on MailTasks.send names connection 'default'");
    });

    test('an application without it is not troubled by classes of another one', async () => {
      const app = await boot({
        imports: [memory({ pools: { crawler: {} } })],
        providers: [MailTasks, MailClient],
      });
      expect(await app.get(MailClient).mails.send.run('ann')).toBe('sent to ann');
    });

    test('a name that is none is refused where it is written', () => {
      const error = thrownBy(() => {
        class Wrong {
          @AioTask({ queue: 'q', connection: 'e u' })
          async run(): Promise<void> {}
        }
        return Wrong;
      });
      expect(error).toMatchObject({ code: 'NB_OPTION_INVALID' });
      expect(error.message).toMatch(/@AioTask on Wrong\.run.*'connection'.*"e u" \(string\)/);
    });
  });
});
