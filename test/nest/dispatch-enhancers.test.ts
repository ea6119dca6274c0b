import { beforeEach, describe, expect, test } from '@jest/globals';
import {
  Controller,
  Get,
  Injectable,
  Module,
  Scope,
  SetMetadata,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  type CanActivate,
  type ClassProvider,
  type ExecutionContext,
  type Provider,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE, ApplicationConfig, Reflector } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { AioTask, AioTaskRegistry } from '../../lib/index.js';
import { boot, bootError, closeAfterEach, compile, Lines } from './kit.js';
import { memory, OnAll, OnClass, OnMethod, steps, tasksOf } from './dispatch-kit.js';

closeAfterEach();
beforeEach(() => void steps.splice(0));

const GLOBALS: Provider[] = [APP_GUARD, APP_PIPE, APP_INTERCEPTOR, APP_FILTER].map((provide) => ({
  provide,
  useClass: OnAll,
}));

@Injectable()
@UseGuards(OnClass)
@UsePipes(OnClass)
@UseInterceptors(OnClass)
@UseFilters(OnClass)
class Bound {
  @AioTask('bound')
  @UseGuards(OnMethod)
  @UsePipes(OnMethod)
  @UseInterceptors(OnMethod)
  async run(text: string): Promise<string> {
    steps.push(`method ${text}`);
    return text;
  }

  @AioTask('bound')
  @UseFilters(OnMethod)
  async fail(): Promise<void> {
    throw new Error('broken');
  }
}

const ALL_STEPS = [
  'global guard aio',
  'class guard aio',
  'method guard aio',
  'global interceptor',
  'class interceptor',
  'method interceptor',
  'global pipe a String',
  'class pipe a String',
  'method pipe a String',
  'method a',
  'method interceptor after',
  'class interceptor after',
  'global interceptor after',
];

describe('guards, interceptors and pipes run in the order of a request', () => {
  test('global, class, method', async () => {
    const app = await boot({ imports: [memory()], providers: [Bound, ...GLOBALS] });
    expect(await tasksOf(app, Bound).run.run('a')).toBe('a');
    expect(steps).toEqual(ALL_STEPS);
  });

  test('those of app.useGlobal...()', async () => {
    const app = await compile({ imports: [memory()], providers: [Bound] });
    const all = new OnAll();
    // What NestApplication.useGlobalGuards() and its like do; a testing module has only the configuration.
    const config = app.get(ApplicationConfig);
    config.useGlobalGuards(all);
    config.useGlobalPipes(all);
    config.useGlobalInterceptors(all);
    await app.init();
    await tasksOf(app, Bound).run.run('a');
    expect(steps).toEqual(ALL_STEPS);
  });

  test('global ones that are request-scoped, of a singleton', async () => {
    const scoped = GLOBALS.map((each) => ({ ...(each as ClassProvider), scope: Scope.REQUEST }));
    const app = await boot({ imports: [memory()], providers: [Bound, ...scoped] });
    const { run, fail } = tasksOf(app, Bound);
    expect(await run.run('a')).toBe('a');
    expect(steps).toEqual(ALL_STEPS);
    expect(app.get(Bound)).toBeInstanceOf(Bound);
    await expect(fail.run()).rejects.toThrow('broken');
  });

  test('a guard that a test overrides', async () => {
    @Injectable()
    class Closed implements CanActivate {
      canActivate(): boolean {
        return false;
      }
    }
    class Guarded {
      @AioTask('guarded')
      @UseGuards(Closed)
      async run(): Promise<void> {}
    }
    const app = await Test.createTestingModule({ imports: [memory()], providers: [Guarded] })
      .overrideGuard(Closed)
      .useValue({ canActivate: () => steps.push('overridden') > 0 })
      .setLogger(new Lines())
      .compile();
    await app.init();
    await tasksOf(app, Guarded).run.run();
    expect(steps).toEqual(['overridden']);
    await app.close();
  });

  test('of controllers', async () => {
    @Controller('pages')
    @UseGuards(OnClass)
    class PageController {
      @Get()
      @AioTask('pages')
      @UsePipes(OnMethod)
      async render(page: string): Promise<string> {
        return page;
      }
    }
    const app = await boot({ imports: [memory()], controllers: [PageController] });
    expect(await tasksOf(app, PageController).render.run('a')).toBe('a');
    expect(steps).toEqual(['class guard aio', 'method pipe a String']);
  });

  test('of a parent class and its methods', async () => {
    @UseGuards(OnClass)
    abstract class Base {
      @AioTask('inherited')
      @UseGuards(OnMethod)
      async run(): Promise<string> {
        return this.constructor.name;
      }
    }
    @Injectable()
    class Child extends Base {}
    const app = await boot({ imports: [memory()], providers: [Child] });
    expect(await tasksOf(app, Base).run.run()).toBe('Child');
    expect(steps).toEqual(['class guard aio', 'method guard aio']);
  });

  test('bound as instances', async () => {
    @Injectable()
    @UseGuards(new OnClass())
    class Made {
      @AioTask('made')
      @UseInterceptors(new OnMethod())
      async run(): Promise<void> {}
    }
    const app = await boot({
      imports: [memory()],
      providers: [{ provide: 'made', useFactory: () => new Made() }],
    });
    await tasksOf(app, Made).run.run();
    expect(steps).toEqual(['class guard aio', 'method interceptor', 'method interceptor after']);
  });
});

test('a global filter runs where no nearer one is, request-scoped or not', async () => {
  @Injectable()
  class Failing {
    @AioTask('failing')
    async run(): Promise<void> {
      throw new Error('broken');
    }
  }
  for (const scope of [Scope.DEFAULT, Scope.REQUEST]) {
    const app = await boot({
      imports: [memory()],
      providers: [Failing, { provide: APP_FILTER, useClass: OnAll, scope }],
    });
    await expect(tasksOf(app, Failing).run.run()).rejects.toThrow('broken');
  }
  expect(steps).toEqual(['global filter', 'global filter']);
});

test('the filter nearest to the method runs, and only that', async () => {
  const app = await boot({ imports: [memory()], providers: [Bound, ...GLOBALS] });
  await expect(tasksOf(app, Bound).fail.run()).rejects.toThrow('broken');
  expect(steps.filter((step) => step.includes('filter'))).toEqual(['method filter']);
});

test("a guard reads the method's metadata, also while the method is replaced", async () => {
  const Roles = (role: string) => SetMetadata('role', role);
  @Injectable()
  class RolesGuard implements CanActivate {
    constructor(private readonly reflector: Reflector) {}
    canActivate(context: ExecutionContext): boolean {
      const targets = [context.getHandler(), context.getClass()];
      steps.push(this.reflector.getAllAndOverride<string>('role', targets), context.getClass().name);
      return true;
    }
  }
  @Injectable()
  @UseGuards(RolesGuard)
  @Roles('user')
  class Report {
    @AioTask('report')
    async build(): Promise<string> {
      return 'built';
    }
    @AioTask('report')
    @Roles('admin')
    async drop(): Promise<string> {
      return 'dropped';
    }
  }
  const app = await boot({ imports: [memory()], providers: [Report] });
  await tasksOf(app, Report).build.run();
  app.get(Report).drop = async () => 'replaced';
  expect(await tasksOf(app, Report).drop.run()).toBe('replaced');
  expect(steps).toEqual(['user', 'Report', 'admin', 'Report']);
});

test('a method without enhancers is called as it is, with all arguments', async () => {
  @Injectable()
  class Plain {
    @AioTask('plain')
    async run(): Promise<number> {
      // oxlint-disable-next-line prefer-rest-params
      return arguments.length;
    }
  }
  const app = await boot({ imports: [memory()], providers: [Plain] });
  const run = tasksOf(app, Plain).run as unknown as { run(...args: unknown[]): Promise<number> };
  expect(await run.run(1, 2, 3)).toBe(3);
});

describe('global enhancers', () => {
  test('are announced once, when the application starts', async () => {
    const lines = new Lines();
    await boot({ imports: [memory()], providers: [Bound, ...GLOBALS] }, lines);
    expect(lines.texts('log').filter((text) => text.includes('Global'))).toEqual([
      'Global guards (OnAll), pipes (OnAll), interceptors (OnAll), filters (OnAll) apply to tasks, too; ' +
        'globalEnhancers: false leaves them out.',
    ]);
  });

  test.each([
    ['where there is none', [Bound], {}],
    ['where nothing is consumed', [Bound, ...GLOBALS], { consume: false }],
    ['where no task is', [...GLOBALS], {}],
    ['where they are left out', [Bound, ...GLOBALS], { globalEnhancers: false }],
  ])('are not announced %s', async (_, providers, options) => {
    const lines = new Lines();
    await boot({ imports: [memory(options)], providers }, lines);
    expect(lines.all.filter(({ text }) => text.includes('Global'))).toEqual([]);
  });

  test('are announced with the first consumer that is started by hand', async () => {
    const lines = new Lines();
    const app = await boot({ imports: [memory({ consume: false })], providers: [Bound, ...GLOBALS] }, lines);
    const registry = app.get(AioTaskRegistry);
    for (const order of ['start', 'stop', 'start'] as const) await registry[order]('bound');
    const said = lines.texts('log').map((text) => text.split(' ')[0]);
    expect(said).toEqual(['Global', 'Consuming', 'Stopped', 'Consuming']);
  });

  test('are left out with globalEnhancers: false; those of class and method stay', async () => {
    const imports = [memory({ globalEnhancers: false })];
    const app = await boot({ imports, providers: [Bound, ...GLOBALS] });
    expect(await tasksOf(app, Bound).run.run('a')).toBe('a');
    expect(steps).toEqual(ALL_STEPS.filter((step) => !step.startsWith('global')));
  });
});

describe('an enhancer that would never run is refused', () => {
  @Injectable()
  @UseGuards(OnClass)
  class Guarded {
    @AioTask('guarded')
    async run(): Promise<void> {}
  }

  test('of a class that a factory makes', async () => {
    const error = await bootError({
      imports: [memory()],
      providers: [{ provide: 'made', useFactory: () => new Guarded() }],
    });
    expect(error).toMatchObject({ code: 'NB_TASK_ENHANCER' });
    expect(error.message).toContain('Guarded.run has guard OnClass, but Nest made no OnClass for it');
    expect(error.message).toContain("provided as 'made' by a factory");
    expect(error.message).toContain('providers: [Guarded]');
  });

  test('that lacks the method of its kind', async () => {
    @Injectable()
    class Unguarding {}
    class Task {
      @AioTask('task')
      @UseGuards(Unguarding)
      async run(): Promise<void> {}
    }
    const error = await bootError({ imports: [memory()], providers: [Task] });
    expect(error.message).toContain('Unguarding');
    expect(error.message).toMatch(/canActivate/);
  });

  test('but not where Nest made it, whoever else hands it out', async () => {
    @Module({ providers: [Guarded], exports: [Guarded] })
    class FeatureModule {}
    const app = await boot({
      imports: [FeatureModule, memory()],
      providers: [
        { provide: 'again', inject: [Guarded], useFactory: (guarded: Guarded) => guarded },
        { provide: 'alias', useExisting: Guarded },
      ],
    });
    await tasksOf(app, Guarded).run.run();
    expect(steps).toEqual(['class guard aio']);
  });
});

test('pipes without types are warned of', async () => {
  class Untyped {
    async run(_text: unknown): Promise<void> {}
  }
  // As compiled without emitDecoratorMetadata.
  const descriptor = Object.getOwnPropertyDescriptor(Untyped.prototype, 'run')!;
  UsePipes(OnMethod)(Untyped.prototype, 'run', descriptor);
  AioTask('untyped')(Untyped.prototype, 'run', descriptor as TypedPropertyDescriptor<Untyped['run']>);
  const lines = new Lines();
  await boot({ imports: [memory()], providers: [Untyped] }, lines);
  expect(lines.texts('warn')).toEqual([
    `Untyped.run has pipes, but they can't see the types of its parameters: compile with "emitDecoratorMetadata".`,
  ]);
});
