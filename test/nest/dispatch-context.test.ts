import { describe, expect, test } from '@jest/globals';
import {
  Controller,
  Get,
  Injectable,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { APP_GUARD, ApplicationConfig } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import { AioExecutionContext, AioTask, AioTaskContext, isAioContext } from '../../lib/index.js';
import { memory, tasksOf } from './dispatch-kit.js';
import { boot, closeAfterEach, Lines, thrownBy } from './kit.js';

closeAfterEach();

/** The context that a task with this guard saw. */
async function contextOfTask(): Promise<ExecutionContext> {
  let seen: ExecutionContext | undefined;
  const watch: CanActivate = {
    canActivate: (context) => {
      seen = context;
      return true;
    },
  };
  class Watched {
    @AioTask({ queue: 'watched', name: 'watch' })
    @UseGuards(watch)
    async run(_a: string, _b: number): Promise<void> {
      expect(AioTaskContext.current()).toBe((seen as AioExecutionContext).getTaskContext());
    }
  }
  const app = await boot({ imports: [memory()], providers: [Watched] });
  await tasksOf(app, Watched)
    .run.with({ headers: { tenant: 'a' } })
    .run('x', 2);
  return seen as ExecutionContext;
}

test('AioExecutionContext tells the delivery, the arguments, the class and the method', async () => {
  const context = await contextOfTask();
  expect(context.getType<string>()).toBe('aio');
  expect(isAioContext(context)).toBe(true);
  const aio = AioExecutionContext.create(context);
  expect(aio).toBe(context);
  expect(aio.getArgs<[string, number]>()).toEqual(['x', 2]);
  expect(aio.getArgByIndex(1)).toBe(2);
  expect([aio.getClass().name, aio.getHandler().name]).toEqual(['Watched', 'run']);
  const { id, queue, task, attempt, headers, signal } = aio.getTaskContext();
  expect([typeof id, queue, task, attempt, { ...headers }, signal.aborted]).toEqual([
    'string',
    'watched',
    'watch',
    1,
    { tenant: 'a' },
    false,
  ]);
});

test('what a task does not have is an error that says so, once it is asked for', async () => {
  const context = await contextOfTask();
  const misuses: [string, () => unknown][] = [
    ['switchToHttp()', () => context.switchToHttp().getRequest()],
    ['switchToHttp()', () => context.switchToHttp().getResponse()],
    ['switchToHttp()', () => context.switchToHttp().getNext()],
    ['switchToRpc()', () => context.switchToRpc().getData()],
    ['switchToRpc()', () => context.switchToRpc().getContext()],
    ['switchToWs()', () => context.switchToWs().getClient()],
    ['switchToWs()', () => context.switchToWs().getData()],
    ['switchToWs()', () => context.switchToWs().getPattern()],
  ];
  for (const [method, misuse] of misuses) {
    const error = thrownBy(misuse);
    expect(error).toMatchObject({ code: 'NB_CONTEXT_TYPE' });
    expect(error.message).toContain('Watched.run is a task');
    expect(error.message).toContain(method);
    expect(error.message).toContain('isAioContext(context)');
    expect(error.message).toContain('globalEnhancers: false');
  }
});

describe('an application that serves requests, too', () => {
  @Injectable()
  class ApiKeyGuard implements CanActivate {
    canActivate(context: ExecutionContext): boolean {
      return context.switchToHttp().getRequest<{ headers: Record<string, string> }>().headers['key'] === 'k';
    }
  }

  @Injectable()
  class AwareGuard extends ApiKeyGuard {
    override canActivate(context: ExecutionContext): boolean {
      if (isAioContext(context)) return context.getTaskContext().headers['key'] === 'k';
      return super.canActivate(context);
    }
  }

  @Controller('pages')
  class PageController {
    @Get()
    async page(): Promise<string> {
      return 'page';
    }

    @AioTask('pages')
    async render(page: string): Promise<string> {
      return page;
    }
  }

  async function serve(guard: new () => CanActivate, globalEnhancers: boolean, lines = new Lines()) {
    const module = await Test.createTestingModule({
      imports: [memory({ globalEnhancers })],
      controllers: [PageController],
      providers: [{ provide: APP_GUARD, useClass: guard }],
    })
      .setLogger(lines)
      .compile();
    const app = module.createNestApplication<NestExpressApplication>();
    await app.listen(0, '127.0.0.1');
    const url = `${await app.getUrl()}/pages`;
    const status = async (key: string) => (await fetch(url, { headers: { key } })).status;
    return {
      app,
      status,
      render: tasksOf(module, PageController).render,
      [Symbol.asyncDispose]: () => app.close(),
    };
  }

  test('a guard made for requests fails tasks with what to do about it', async () => {
    const lines = new Lines();
    await using served = await serve(ApiKeyGuard, true, lines);
    expect([await served.status('k'), await served.status('x')]).toEqual([200, 403]);
    await expect(served.render.run('a')).rejects.toThrow(
      'PageController.render is a task and has no HTTP request: ask isAioContext(context) before switchToHttp()',
    );
    expect(lines.texts('log').some((text) => text.startsWith('Global guards (ApiKeyGuard) apply'))).toBe(
      true,
    );
  });

  test('is left out with globalEnhancers: false, but not of requests', async () => {
    await using served = await serve(ApiKeyGuard, false);
    expect([await served.status('k'), await served.status('x')]).toEqual([200, 403]);
    expect(await served.render.run('a')).toBe('a');
  });

  test('one that knows tasks guards both', async () => {
    await using served = await serve(AwareGuard, true);
    expect([await served.status('k'), await served.status('x')]).toEqual([200, 403]);
    expect(await served.render.with({ headers: { key: 'k' } }).run('a')).toBe('a');
    await expect(served.render.run('a')).rejects.toThrow('refused by guard AwareGuard');
  });

  test("a request's context is no task's", async () => {
    let error: (Error & { code?: string }) | undefined;
    class Confused implements CanActivate {
      canActivate(context: ExecutionContext): boolean {
        error = thrownBy(() => AioExecutionContext.create(context));
        return !isAioContext(context);
      }
    }
    await using served = await serve(Confused, true);
    expect(await served.status('k')).toBe(200);
    expect(error).toMatchObject({ code: 'NB_CONTEXT_TYPE' });
    expect(error?.message).toContain("type 'http'");
    expect(served.app.get(ApplicationConfig).getGlobalGuards()).toHaveLength(1);
  });
});
