import { describe, expect, test } from '@jest/globals';
import { Controller, Get, Global, Injectable, Module, Param, Post } from '@nestjs/common';
import {
  AioTask,
  AioTaskRegistry,
  InjectPool,
  InjectTasks,
  MemoryBroker,
  NbAioPool,
  NbAioPoolModule,
  Tasks,
  type NbAioPoolModuleOptions,
  type NbAioPoolOptionsFactory,
} from '../../lib/index.js';
import { boot, bootError, closeAfterEach, compile, thrownBy } from './kit.js';

closeAfterEach();

class SumTasks {
  @AioTask('sums', 5)
  async add(a: number, b: number): Promise<number> {
    return a + b;
  }
}

@Injectable()
class Client {
  constructor(
    @InjectTasks(SumTasks) readonly sums: Tasks<SumTasks>,
    @InjectPool() readonly pool: NbAioPool,
  ) {}
}

const memory = (options: NbAioPoolModuleOptions = {}) =>
  NbAioPoolModule.forRoot({ broker: 'memory', ...options });

describe('forRoot', () => {
  test('runs a decorated method from its queue', async () => {
    const app = await boot({ imports: [memory()], providers: [SumTasks, Client] });
    expect(await app.get(Client).sums.add.run(1, 2)).toBe(3);
  });

  test('leaves the method itself as it is', async () => {
    expect(await new SumTasks().add(1, 2)).toBe(3);
  });

  test('serves a controller that submits and reads the result', async () => {
    @Controller('sums')
    class SumController {
      constructor(@InjectTasks(SumTasks) private readonly sums: Tasks<SumTasks>) {}

      @Post()
      create(): Promise<{ id: string }> {
        return this.sums.add.with({ result: 60_000 }).submit(20, 22);
      }

      @Get(':id')
      async read(@Param('id') id: string): Promise<{ value: number }> {
        return { value: await this.sums.add.result(id) };
      }
    }
    const module = await compile({
      imports: [memory()],
      providers: [SumTasks],
      controllers: [SumController],
    });
    const app = module.createNestApplication();
    await app.listen(0, '127.0.0.1');
    const url = `${await app.getUrl()}/sums`;
    const sent = await fetch(url, { method: 'POST' });
    const { id } = (await sent.json()) as { id: string };
    const read = await fetch(`${url}/${id}`);
    expect(await read.json()).toEqual({ value: 42 });
    await app.close();
  });

  test('knows classes that were decorated after it was called', async () => {
    const imports = [memory()];
    class LateTasks {
      @AioTask('late')
      async hello(): Promise<string> {
        return 'hello';
      }
    }
    class LateClient {
      constructor(readonly late: Tasks<LateTasks>) {}
    }
    InjectTasks(LateTasks)(LateClient, undefined as never, 0);
    const app = await boot({ imports, providers: [LateTasks, LateClient] });
    expect(await app.get(LateClient).late.hello.run()).toBe('hello');
  });

  test('takes a broker of the user, and does not close it', async () => {
    const broker = new MemoryBroker();
    const app = await boot({ imports: [memory({ broker })], providers: [Client] });
    await app.get(Client).sums.add.submit(1, 2);
    await app.close();
    expect(await broker.counts('sums')).toMatchObject({ ready: 1 });
    await broker.close();
  });

  test('gives its defaults to tasks that do not set the option', async () => {
    class OwnTasks {
      @AioTask({ queue: 'own' })
      async run(): Promise<void> {}
    }
    const app = await boot({
      imports: [memory({ defaults: { maxConcurrency: 7 } })],
      providers: [SumTasks, OwnTasks],
    });
    const found = app.get(AioTaskRegistry).list();
    expect(found.map(({ queue, maxConcurrency }) => [queue, maxConcurrency])).toEqual([
      ['sums', 5],
      ['own', 7],
    ]);
  });
});

describe('forRootAsync', () => {
  const options: NbAioPoolModuleOptions = { broker: 'memory', pools: { crawler: { maxConcurrency: 3 } } };

  @Injectable()
  class Config implements NbAioPoolOptionsFactory {
    create(): NbAioPoolModuleOptions {
      return options;
    }
  }
  @Module({ providers: [Config], exports: [Config] })
  class ConfigModule {}

  test.each([
    [
      'useFactory',
      { imports: [ConfigModule], inject: [Config], useFactory: async (c: Config) => c.create() },
    ],
    ['useClass', { useClass: Config }],
    ['useExisting', { imports: [ConfigModule], useExisting: Config }],
  ])('%s', async (_, asyncOptions) => {
    @Injectable()
    class Crawling {
      constructor(@InjectPool('crawler') readonly pool: NbAioPool) {}
    }
    const app = await boot({
      imports: [NbAioPoolModule.forRootAsync(asyncOptions)],
      providers: [SumTasks, Client, Crawling],
    });
    expect(await app.get(Client).sums.add.run(1, 2)).toBe(3);
    expect(app.get(Crawling).pool.stats()).toMatchObject({ name: 'crawler', maxConcurrency: 3 });
  });

  test('checks the options like forRoot', async () => {
    const useFactory = () => ({ ...options, konsume: true }) as NbAioPoolModuleOptions;
    const error = await bootError({ imports: [NbAioPoolModule.forRootAsync({ useFactory })] });
    expect(error).toMatchObject({ code: 'NB_OPTION_UNKNOWN' });
    expect(error.message).toContain("did you mean 'consume'?");
  });

  test.each([
    [{}, 'NB_OPTION_INVALID', 'useFactory'],
    [{ useFaktory: () => options }, 'NB_OPTION_UNKNOWN', "did you mean 'useFactory'?"],
    [{ useFactory: options }, 'NB_OPTION_INVALID', 'a function'],
  ])('refuses %j', (wrong, code, text) => {
    const error = thrownBy(() => NbAioPoolModule.forRootAsync(wrong as never));
    expect(error).toMatchObject({ code });
    expect(error.message).toContain(text);
  });
});

describe('bad options', () => {
  test.each<[object, string, string]>([
    [{ brocker: 'memory' }, 'NB_OPTION_UNKNOWN', "did you mean 'broker'?"],
    [{ broker: 'mongo' }, 'NB_OPTION_INVALID', '"mongo" (string)'],
    [{ broker: {} }, 'NB_OPTION_INVALID', "'redis', 'memory' or a broker"],
    [{ redis: 6379 }, 'NB_OPTION_INVALID', '6379 (number)'],
    [{ prefix: '' }, 'NB_OPTION_INVALID', '"" (string)'],
    [{ connectTimeout: 0 }, 'NB_OPTION_INVALID', 'from 1 to 2147483647 milliseconds, but was 0 (number)'],
    [{ consume: 'mails' }, 'NB_OPTION_INVALID', 'true, false, or a list of queues'],
    [{ consume: [1] }, 'NB_OPTION_INVALID', 'true, false, or a list of queues'],
    [{ grace: -1 }, 'NB_OPTION_INVALID', 'from 0 to 2147483647 milliseconds, but was -1 (number)'],
    [{ grace: NaN }, 'NB_OPTION_INVALID', 'NaN (number)'],
    [{ pools: 5 }, 'NB_OPTION_INVALID', 'an object'],
    [{ pools: { crawler: { maxConcurrency: 0 } } }, 'NB_OPTION_INVALID', "pool 'crawler'"],
    [{ pools: { crawler: { size: 3 } } }, 'NB_OPTION_UNKNOWN', "pool 'crawler'"],
    [{ defaults: { queue: 'q' } }, 'NB_OPTION_UNKNOWN', "option 'defaults'"],
    [{ defaults: { maxConcurrency: '10' } }, 'NB_OPTION_INVALID', '"10" (string)'],
  ])('%j', (options, code, text) => {
    const error = thrownBy(() => NbAioPoolModule.forRoot(options));
    expect(error).toMatchObject({ code });
    expect(error.message).toContain(text);
  });

  test('a URL that is none is refused at once, without being quoted', () => {
    const error = thrownBy(() => NbAioPoolModule.forRoot({ redis: 'http://:canary@localhost' }));
    expect(error).toMatchObject({ code: 'NB_OPTION_INVALID' });
    expect(error.message).not.toContain('canary');
  });
});

describe('one module an application', () => {
  test('a second forRoot is refused', async () => {
    const error = await bootError({ imports: [memory(), memory()] });
    expect(error).toMatchObject({ code: 'NB_MODULE_CONFLICT' });
    expect(error.message).toContain('imported 2 times');
  });

  test('also in another module, and mixed with forRootAsync', async () => {
    @Module({
      imports: [NbAioPoolModule.forRootAsync({ useFactory: () => ({ broker: 'memory' as const }) })],
    })
    class Feature {}
    expect(await bootError({ imports: [Feature, memory()] })).toMatchObject({ code: 'NB_MODULE_CONFLICT' });
  });

  test('one definition imported by two modules is one module', async () => {
    const root = memory();
    @Global()
    @Module({ imports: [root] })
    class Feature {}
    const app = await boot({ imports: [Feature, root], providers: [SumTasks, Client] });
    expect(await app.get(Client).sums.add.run(1, 2)).toBe(3);
  });

  test('two applications of one process do not see each other', async () => {
    const web = await boot({ imports: [memory({ consume: false })], providers: [Client] });
    const other = await boot({ imports: [memory()], providers: [SumTasks, Client] });
    await web.get(Client).sums.add.submit(1, 2);
    expect(await other.get(Client).sums.add.run(3, 4)).toBe(7);
    expect(await web.get(Client).sums.add.getQueueSize()).toBe(1);
    expect(other.get(Client).pool).not.toBe(web.get(Client).pool);
    await other.close();
    expect(await web.get(Client).pool.run(async () => 'still open')).toBe('still open');
  });
});
