import { describe, expect, test } from '@jest/globals';
import { Injectable, Module } from '@nestjs/common';
import { LazyModuleLoader } from '@nestjs/core';
import { AioTask, getTasksToken, InjectTasks, NbAioPoolModule, TaskHandle, Tasks } from '../../lib/index.js';
import { boot, bootError, closeAfterEach, thrownBy } from './kit.js';

closeAfterEach();

const memory = () => NbAioPoolModule.forRoot({ broker: 'memory' });

class Missing {
  readonly here = false;
}

@Injectable()
class PageTasks {
  // Missing is provided nowhere: whoever submits only does not need it.
  constructor(readonly missing: Missing) {}

  @AioTask('pages')
  async render(page: string): Promise<string> {
    return `<p>${page}</p>`;
  }

  async helper(): Promise<void> {}

  async onModuleInit(): Promise<void> {}
}

class Plain {
  async work(): Promise<void> {}
}

test('the class need not be a provider', async () => {
  class Web {
    constructor(readonly pages: Tasks<PageTasks>) {}
  }
  InjectTasks(PageTasks)(Web, undefined as never, 0);
  const app = await boot({ imports: [memory()], providers: [Web] });
  const { id } = await app.get(Web).pages.render.submit('one');
  expect(JSON.stringify({ id })).toMatch(/^\{"id":"[^"]+"\}$/);
  expect(await app.get(Web).pages.render.getQueueSize()).toBe(1);
});

test('a class injects its own tasks, in a property too', async () => {
  @Injectable()
  class Loop {
    @InjectTasks(Loop) private readonly own!: Tasks<Loop>;
    constructor(@InjectTasks(Loop) private readonly same: Tasks<Loop>) {}

    @AioTask('loops')
    async count(n: number): Promise<number> {
      expect(this.own).toBe(this.same);
      return n === 0 ? 0 : 1 + (await this.own.count.run(n - 1));
    }
  }
  const app = await boot({ imports: [memory()], providers: [Loop] });
  expect(await app.get<Tasks<Loop>>(getTasksToken(Loop)).count.run(3)).toBe(3);
});

test('two classes submit to each other through references', async () => {
  @Injectable()
  class Ping {
    constructor(@InjectTasks(() => Pong) private readonly pong: Tasks<{ hit(n: number): Promise<string> }>) {}

    @AioTask('ping')
    async hit(n: number): Promise<string> {
      return n === 0 ? 'ping' : this.pong.hit.run(n - 1);
    }
  }
  @Injectable()
  class Pong {
    constructor(@InjectTasks(Ping) private readonly ping: Tasks<Ping>) {}

    @AioTask('pong')
    async hit(n: number): Promise<string> {
      return n === 0 ? 'pong' : this.ping.hit.run(n - 1);
    }
  }
  const app = await boot({ imports: [memory()], providers: [Ping, Pong] });
  expect(await app.get<Tasks<Ping>>(getTasksToken(Ping)).hit.run(3)).toBe('pong');
});

describe('what is no task', () => {
  test('a method without @AioTask says so when it is used', async () => {
    const app = await boot({ imports: [memory()] });
    const pages = app.get<Tasks<PageTasks>>(getTasksToken(PageTasks));
    expect(pages.render).toBeInstanceOf(TaskHandle);
    expect(Object.keys(pages)).toEqual(['render']);
    const error = thrownBy(() => pages.helper.submit());
    expect(error).toMatchObject({ code: 'NB_TASK_UNKNOWN' });
    expect(error.message).toContain('PageTasks.helper is no task: decorate it with @AioTask');
  });

  test.each([
    ['the class', Plain],
    ['a reference', () => Plain],
  ])('a class without tasks fails the start, given as %s', async (_, reference) => {
    @Injectable()
    class Wrong {
      constructor(@InjectTasks(reference) readonly plain: Tasks<Plain>) {}
    }
    const error = await bootError({ imports: [memory()], providers: [Wrong] });
    expect(error).toMatchObject({ code: 'NB_TASK_UNKNOWN' });
    expect(error.message).toMatch(/Wrong.* Plain .*@AioTask/);
    // Another application of the process does not suffer from it.
    await expect(boot({ imports: [memory()] })).resolves.toBeDefined();
  });
});

describe('forTasks', () => {
  test('serves a module that is loaded lazily', async () => {
    const app = await boot({ imports: [memory()] });
    class LazyTasks {
      @AioTask('lazy')
      async run(): Promise<void> {}
    }
    @Injectable()
    class LazyClient {
      constructor(@InjectTasks(LazyTasks) readonly tasks: Tasks<LazyTasks>) {}
    }
    @Module({ imports: [NbAioPoolModule.forTasks([LazyTasks])], providers: [LazyClient] })
    class LazyModule {}
    const lazy = await app.get(LazyModuleLoader).load(() => LazyModule);
    const { tasks } = lazy.get(LazyClient);
    await tasks.run.submit();
    expect(await tasks.run.getQueueSize()).toBe(1);
  });

  test('refuses a class without tasks at once', () => {
    expect(thrownBy(() => NbAioPoolModule.forTasks([Plain]))).toMatchObject({ code: 'NB_TASK_UNKNOWN' });
  });
});
