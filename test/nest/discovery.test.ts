import { describe, expect, test } from '@jest/globals';
import { Controller, Inject, Injectable, Module, Scope } from '@nestjs/common';
import { LazyModuleLoader, REQUEST } from '@nestjs/core';
import type { TestingModule } from '@nestjs/testing';
import {
  AioTask,
  AioTaskRegistry,
  getTasksToken,
  NbAioPoolModule,
  type NbAioPoolModuleOptions,
  type TaskClass,
  type Tasks,
} from '../../lib/index.js';
import { TaskExplorer } from '../../lib/nest/consumers/task-explorer.js';
import { boot, bootError, closeAfterEach, type AnyClass } from './kit.js';

closeAfterEach();

const memory = (options: NbAioPoolModuleOptions = {}) =>
  NbAioPoolModule.forRoot({ broker: 'memory', ...options });

const tasksOf = <T extends object>(app: TestingModule, task: TaskClass<T>): Tasks<T> =>
  app.get(getTasksToken(task));
const queuesOf = (app: TestingModule) =>
  app
    .get(AioTaskRegistry)
    .list()
    .map(({ queue, tasks, consuming }) => [queue, tasks, consuming]);

class MailTasks {
  runs = 0;

  @AioTask('mails')
  async send(): Promise<number> {
    return ++this.runs;
  }

  @AioTask({ queue: 'mails', name: 'later' })
  async sendLater(): Promise<string> {
    return 'later';
  }

  @AioTask('news', 3)
  async news(): Promise<string> {
    return 'news';
  }

  async helper(): Promise<void> {}
}

describe('finds', () => {
  test('several tasks of a class, on one queue and on several', async () => {
    const app = await boot({ imports: [memory()], providers: [MailTasks] });
    expect(queuesOf(app)).toEqual([
      ['mails', ['send', 'later'], true],
      ['news', ['news'], true],
    ]);
    const tasks = tasksOf(app, MailTasks);
    expect(await Promise.all([tasks.send.run(), tasks.sendLater.run(), tasks.news.run()])).toEqual([
      1,
      'later',
      'news',
    ]);
  });

  test('tasks of a controller', async () => {
    @Controller()
    class PageController {
      @AioTask('pages')
      async render(): Promise<string> {
        return 'page';
      }
    }
    const app = await boot({ imports: [memory()], controllers: [PageController] });
    expect(await tasksOf(app, PageController).render.run()).toBe('page');
  });

  test('a provider under several tokens once', async () => {
    const app = await boot({
      imports: [memory()],
      providers: [
        MailTasks,
        { provide: 'alias', useExisting: MailTasks },
        { provide: 'again', inject: [MailTasks], useFactory: (tasks: MailTasks) => tasks },
      ],
    });
    expect(await tasksOf(app, MailTasks).send.run()).toBe(1);
    expect(queuesOf(app)).toHaveLength(2);
  });

  test('what a factory makes, and what a token hides', async () => {
    const app = await boot({
      imports: [memory()],
      providers: [
        { provide: 'made', useFactory: async () => new MailTasks() },
        { provide: 'nothing', useValue: null },
        { provide: 'bare', useValue: Object.create(null) as object },
      ],
    });
    expect(await tasksOf(app, MailTasks).news.run()).toBe('news');
  });

  test("a parent's tasks, and those that a child overrides if decorated again", async () => {
    abstract class Base {
      @AioTask('kept')
      async kept(): Promise<string> {
        return this.constructor.name;
      }
      @AioTask('dropped')
      async dropped(): Promise<void> {}
      @AioTask('changed')
      async changed(): Promise<string> {
        return 'base';
      }
    }
    class Child extends Base {
      override async dropped(): Promise<void> {}
      @AioTask('changed')
      override async changed(): Promise<string> {
        return 'child';
      }
    }
    const app = await boot({ imports: [memory()], providers: [Child, { provide: Symbol(), useValue: 1 }] });
    expect(queuesOf(app).map(([queue]) => queue)).toEqual(['changed', 'kept']);
  });

  test('a method that another decorator replaced', async () => {
    const twice: MethodDecorator = (_target, _key, descriptor) => {
      const inner = descriptor.value as unknown as () => Promise<number>;
      descriptor.value = async function (this: object) {
        return 2 * (await inner.call(this));
      } as never;
    };
    class Wrapped {
      @twice
      @AioTask('wrapped')
      async one(): Promise<number> {
        return 1;
      }
    }
    const app = await boot({ imports: [memory()], providers: [Wrapped] });
    expect(await tasksOf(app, Wrapped).one.run()).toBe(2);
  });

  test('what replaces the method later, with the right this', async () => {
    const app = await boot({ imports: [memory()], providers: [MailTasks] });
    const instance = app.get(MailTasks);
    instance.runs = 10;
    expect(await tasksOf(app, MailTasks).send.run()).toBe(11);
    instance.send = async () => -1;
    expect(await tasksOf(app, MailTasks).send.run()).toBe(-1);
  });
});

describe('finds tasks of providers that are made for each delivery', () => {
  @Injectable({ scope: Scope.REQUEST })
  class PerRequest {
    @AioTask('scoped')
    async run(): Promise<void> {}
  }
  @Injectable({ scope: Scope.TRANSIENT })
  class Transient {
    @AioTask('scoped')
    async run(): Promise<void> {}
  }
  @Injectable()
  class Bubbling {
    constructor(@Inject(REQUEST) readonly request: unknown) {}

    @AioTask('scoped')
    async run(): Promise<void> {}
  }

  test.each<[AnyClass]>([[PerRequest], [Transient], [Bubbling]])('%p', async (provider) => {
    const app = await boot({
      imports: [memory()],
      providers: [provider, { provide: 'alias', useExisting: provider }],
    });
    expect(queuesOf(app)).toEqual([['scoped', ['run'], true]]);
  });

  test('but not twice', async () => {
    const error = await bootError({
      imports: [memory()],
      providers: [PerRequest, { provide: 'again', useClass: PerRequest }],
    });
    expect(error).toMatchObject({ code: 'NB_TASK_CONFLICT' });
    expect(error.message).toContain('PerRequest has tasks, but is provided twice');
  });
});

test('tasks of a module that is loaded lazily are found by looking again', async () => {
  const app = await boot({ imports: [memory({ consume: false })], providers: [MailTasks] });
  class LazyTasks {
    @AioTask('lazy')
    async run(): Promise<void> {}
  }
  @Module({ providers: [LazyTasks] })
  class LazyModule {}
  await app.get(LazyModuleLoader).load(() => LazyModule);
  const queues = app
    .get(TaskExplorer)
    .explore()
    .map(({ queue }) => queue);
  expect(queues).toEqual(['mails', 'news', 'lazy']);
});

describe('consume', () => {
  test('false starts nothing', async () => {
    const app = await boot({ imports: [memory({ consume: false })], providers: [MailTasks] });
    expect(queuesOf(app).map(([, , consuming]) => consuming)).toEqual([false, false]);
    await tasksOf(app, MailTasks).send.submit();
    expect(await tasksOf(app, MailTasks).send.getQueueSize()).toBe(1);
  });

  test('a list starts those queues', async () => {
    const app = await boot({ imports: [memory({ consume: ['news'] })], providers: [MailTasks] });
    expect(queuesOf(app).map(([queue, , consuming]) => [queue, consuming])).toEqual([
      ['mails', false],
      ['news', true],
    ]);
    expect(await tasksOf(app, MailTasks).news.run()).toBe('news');
  });

  test('a queue that no task has is an error that names the near one', async () => {
    const error = await bootError({ imports: [memory({ consume: ['mail'] })], providers: [MailTasks] });
    expect(error).toMatchObject({ code: 'NB_QUEUE_UNKNOWN' });
    expect(error.message).toContain("'mail'");
    expect(error.message).toContain("did you mean 'mails'?");
  });
});

describe('refuses', () => {
  test('methods of one queue that disagree, naming both', async () => {
    class Slow {
      @AioTask('shared', 1)
      async crawl(): Promise<void> {}
    }
    class Fast {
      @AioTask('shared', 9)
      async fetch(): Promise<void> {}
    }
    const error = await bootError({ imports: [memory()], providers: [Slow, Fast] });
    expect(error).toMatchObject({ code: 'NB_TASK_CONFLICT' });
    expect(error.message).toMatch(/Slow\.crawl and Fast\.fetch .*'maxConcurrency' is 1 .* 9/);
  });

  test('two tasks of one name on one queue, naming both', async () => {
    class One {
      @AioTask('shared')
      async run(): Promise<void> {}
    }
    class Other {
      @AioTask('shared')
      async run(): Promise<void> {}
    }
    const error = await bootError({ imports: [memory({ consume: false })], providers: [One, Other] });
    expect(error).toMatchObject({ code: 'NB_TASK_CONFLICT' });
    expect(error.message).toContain('One.run and Other.run');
  });

  test('a class that two modules provide, naming both', async () => {
    @Module({ providers: [MailTasks] })
    class ModuleA {}
    @Module({ providers: [MailTasks] })
    class ModuleB {}
    const error = await bootError({ imports: [memory(), ModuleA, ModuleB] });
    expect(error).toMatchObject({ code: 'NB_TASK_CONFLICT' });
    expect(error.message).toMatch(/MailTasks .* ModuleA and in ModuleB/);
  });

  test('a class that one module provides under two tokens, naming both', async () => {
    const error = await bootError({
      imports: [memory()],
      providers: [MailTasks, { provide: 'mails', useClass: MailTasks }],
    });
    expect(error).toMatchObject({ code: 'NB_TASK_CONFLICT' });
    expect(error.message).toMatch(/provided twice, in RootTestModule and in RootTestModule as 'mails'/);
    expect(error.message).toContain('useExisting');
  });

  test('a parent beside its child, as both have the same task', async () => {
    class Base {
      @AioTask('shared')
      async run(): Promise<void> {}
    }
    class Child extends Base {}
    const error = await bootError({ imports: [memory()], providers: [Base, Child] });
    expect(error).toMatchObject({ code: 'NB_TASK_CONFLICT' });
    expect(error.message).toContain('Base.run and Child.run');
  });
});
