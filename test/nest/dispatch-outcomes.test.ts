import { AsyncLocalStorage } from 'node:async_hooks';
import { beforeEach, describe, expect, test } from '@jest/globals';
import {
  BadRequestException,
  Catch,
  ForbiddenException,
  HttpException,
  ParseIntPipe,
  UnauthorizedException,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  type ArgumentsHost,
  type CallHandler,
  type CanActivate,
  type ExceptionFilter,
  type ExecutionContext,
  type NestInterceptor,
  type PipeTransform,
  type Type,
} from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import { catchError, EMPTY, from, map, of, race, retry, throwError, type Observable } from 'rxjs';
import { AioTask, UnrecoverableError, type TaskClass, type TaskFailedError } from '../../lib/index.js';
import { deadRecord, memory, retrying, tasksOf } from './dispatch-kit.js';
import { boot, closeAfterEach, Lines } from './kit.js';
import { deferred } from '../signals.js';

closeAfterEach();

let runs: unknown[][] = [];
beforeEach(() => {
  runs = [];
});

/** What `@Use...` decorators there are for. */
type Decorate = ClassDecorator & MethodDecorator;

interface WorkTasks {
  work(...args: unknown[]): Promise<unknown>;
}

/** A class whose one task has these decorators. It answers its first argument, or throws it if it is an error. */
function workTasks(decorators: readonly Decorate[], answer: (arg: unknown) => unknown = (arg) => arg) {
  class Work implements WorkTasks {
    @AioTask('work')
    async work(...args: unknown[]): Promise<unknown> {
      runs.push(args);
      return answer(args[0]);
    }
  }
  for (const decorator of decorators) decorator(Work as never);
  return Work as TaskClass<WorkTasks> & Type<WorkTasks>;
}

async function bootWork(
  decorators: readonly Decorate[],
  answer?: (arg: unknown) => unknown,
  options = {},
  lines = new Lines(),
) {
  const Work = workTasks(decorators, answer);
  const app = await boot({ imports: [memory(options)], providers: [Work] }, lines);
  return tasksOf<WorkTasks>(app, Work).work;
}

const guard = (canActivate: CanActivate['canActivate'], name = 'TenantGuard') =>
  UseGuards(new (named(name, { canActivate }))() as CanActivate);
const pipe = (transform: PipeTransform['transform'], name = 'OrderPipe') =>
  UsePipes(new (named(name, { transform }))() as PipeTransform);
const filter = (handle: ExceptionFilter['catch'], name = 'OrderFilter') =>
  UseFilters(new (named(name, { catch: handle }))() as ExceptionFilter);
const interceptor = (intercept: (next: CallHandler, context: ExecutionContext) => Observable<unknown>) =>
  UseInterceptors({ intercept: (context, next) => intercept(next, context) } satisfies NestInterceptor);

/** A class of that name with that method. */
function named(name: string, methods: object): new () => object {
  class Enhancer {
    readonly kind = name;
  }
  Object.defineProperty(Enhancer, 'name', { value: name });
  Object.assign(Enhancer.prototype, methods);
  return Enhancer;
}

const broken = () => {
  throw new Error('broken');
};

describe('a guard that refuses', () => {
  test.each<[string, CanActivate['canActivate'], string]>([
    ['with false', () => false, 'it answered false'],
    ['with a promise', async () => false, 'it answered false'],
    ['with an observable', () => of(true, false), 'it answered false'],
    ['with an empty observable', () => EMPTY, 'it answered false'],
    [
      'with ForbiddenException',
      () => {
        throw new ForbiddenException('wrong tenant');
      },
      'wrong tenant',
    ],
    [
      'with UnauthorizedException',
      () => {
        throw new UnauthorizedException('who?');
      },
      'who?',
    ],
  ])('%s makes the message dead at once, and is named', async (_, canActivate, why) => {
    const work = await bootWork([guard(() => true, 'First'), guard(canActivate)], undefined, retrying);
    await expect(work.run('secret')).rejects.toThrow(`Work.work was refused by guard TenantGuard: ${why}`);
    expect(await deadRecord(work)).toMatchObject({ reason: 'failed', attempts: 1 });
    expect(runs).toEqual([]);
  });

  test.each<[string, CanActivate['canActivate']]>([
    ['true', () => true],
    ['a promise', async () => true],
    ['an observable', () => of(true)],
    ['a promise of an observable', (async () => of(true)) as unknown as CanActivate['canActivate']],
  ])('admits with %s', async (_, canActivate) => {
    const work = await bootWork([guard(canActivate)]);
    expect(await work.run('in')).toBe('in');
  });

  test('and one that fails itself is tried again', async () => {
    let asked = 0;
    const work = await bootWork([guard(() => (++asked < 3 ? broken() : true))], undefined, retrying);
    expect(await work.run('in')).toBe('in');
    expect(asked).toBe(3);
  });

  test('after a filter said another error is still refused', async () => {
    const mapped = filter(() => {
      throw new Error('mapped');
    });
    const work = await bootWork([guard(() => false), mapped], undefined, retrying);
    await expect(work.run('x')).rejects.toThrow('refused by guard TenantGuard: mapped');
    expect(await deadRecord(work)).toMatchObject({ attempts: 1 });
  });
});

describe('a pipe', () => {
  test('changes the arguments; interceptors and guards see them as they were sent', async () => {
    const seen: unknown[] = [];
    const work = await bootWork([
      pipe((value: unknown) => Number(value) * 2),
      interceptor((next, context) => {
        seen.push(context.getArgs());
        return next.handle();
      }),
    ]);
    expect(await work.run('21', '1')).toBe(42);
    expect(runs).toEqual([[42, 2]]);
    expect(seen).toEqual([['21', '1']]);
  });

  test('that refuses a value makes the message dead at once as invalid, listing the issues', async () => {
    const lines = new Lines();
    const refuse = pipe(() => {
      throw new BadRequestException(['email must be an email', 'age must be a number']);
    });
    const work = await bootWork([refuse], undefined, retrying, lines);
    await expect(work.run({ email: 'secret' })).rejects.toThrow(
      'The arguments of Work.work did not pass pipe OrderPipe: email must be an email; age must be a number',
    );
    expect(await deadRecord(work)).toMatchObject({ reason: 'invalid', attempts: 1 });
    expect(runs).toEqual([]);
    const [line] = lines.texts('error');
    expect(line).toContain('email must be an email');
    expect(lines.all.filter(({ text }) => text.includes('secret'))).toEqual([]);
  });

  test('does not repeat the value that it refuses', async () => {
    const quoting = pipe((value) => {
      throw new BadRequestException(`'${String(value)}' is no number`);
    });
    await expect((await bootWork([quoting])).run('secret')).rejects.toThrow("OrderPipe: '…' is no number");
  });

  test('lists ten issues at most', async () => {
    const issues = Array.from({ length: 12 }, (_, i) => `issue ${i}.`);
    const work = await bootWork([
      pipe(() => {
        throw new BadRequestException(issues);
      }),
    ]);
    await expect(work.run(1)).rejects.toThrow('issue 9.; and 2 more');
  });

  test("of Nest's own", async () => {
    const work = await bootWork([UsePipes(ParseIntPipe)]);
    expect(await work.run('12')).toBe(12);
    await expect(work.run('twelve')).rejects.toThrow('pipe ParseIntPipe: Validation failed');
    expect(await deadRecord(work)).toMatchObject({ reason: 'invalid' });
  });

  test.each<[string, Error]>([
    ['fails', new Error('database is away')],
    ['meets a server that fails', new HttpException('upstream', 502)],
  ])('that %s itself is tried again', async (_, error) => {
    let calls = 0;
    const work = await bootWork(
      [
        pipe((value) => {
          if (++calls < 3) throw error;
          return value;
        }),
      ],
      undefined,
      retrying,
    );
    expect(await work.run('in')).toBe('in');
    expect(calls).toBe(3);
  });

  test("a 4xx exception of the method's own is a failed run like others", async () => {
    const work = await bootWork(
      [pipe((value) => value)],
      () => {
        throw new BadRequestException('upstream says no');
      },
      retrying,
    );
    await expect(work.run('x')).rejects.toThrow('upstream says no');
    expect(await deadRecord(work)).toMatchObject({ reason: 'failed', attempts: 3 });
  });
});

describe('an interceptor', () => {
  test.each<[string, (next: CallHandler) => Observable<unknown>, unknown, number]>([
    ['changes the result', (next) => next.handle().pipe(map((value) => `<${String(value)}>`)), '<a>', 1],
    ['answers several values: the last counts', () => of(1, 2, 3), 3, 0],
    ['answers nothing: undefined', () => EMPTY, undefined, 0],
    ['answers instead of the method', () => of('cached'), 'cached', 0],
  ])('%s', async (_, intercept, result, called) => {
    const work = await bootWork([interceptor(intercept)]);
    expect(await work.run('a')).toBe(result);
    expect(runs).toHaveLength(called);
  });

  test('may be asynchronous', async () => {
    const late = UseInterceptors({ intercept: async (_context, next) => next.handle() });
    expect(await (await bootWork([late])).run('a')).toBe('a');
  });

  test.each<[string, unknown, string]>([
    ['undefined', undefined, 'undefined'],
    ['a promise of undefined', Promise.resolve(), 'undefined'],
    ['null', null, 'null'],
    ['a value', 'secret', 'a string'],
    ['a list', ['secret'], 'an object of class Array'],
  ])('that answers %s is named', async (_, answer, what) => {
    class Forgets implements NestInterceptor {
      intercept(__: ExecutionContext, next: CallHandler): Observable<unknown> {
        next.handle();
        return answer as Observable<unknown>;
      }
    }
    const through = interceptor((next) => next.handle());
    const work = await bootWork([UseInterceptors(Forgets), through]);
    await expect(work.run('a')).rejects.toThrow(
      `Interceptor Forgets of Work.work answered ${what}: return next.handle().`,
    );
    expect(await deadRecord(work)).toMatchObject({ error: { name: 'TaskEnhancerError' } });
    expect(runs).toEqual([]);
  });

  test('whose observable fails fails the run', async () => {
    const work = await bootWork([interceptor(() => throwError(() => new Error('no')))], undefined, retrying);
    await expect(work.run('a')).rejects.toThrow('no');
    expect(await deadRecord(work)).toMatchObject({ attempts: 3 });
  });

  test('may turn an error into another, or into a value', async () => {
    const other = interceptor((next) =>
      next
        .handle()
        .pipe(
          catchError((error: Error) => (error.message === 'broken' ? of('mended') : throwError(() => error))),
        ),
    );
    expect(await (await bootWork([other], broken)).run('a')).toBe('mended');
  });

  test('extends the async context in which it calls handle() to the method', async () => {
    const tenant = new AsyncLocalStorage<string>();
    const within = interceptor((next) => tenant.run('a', () => next.handle()));
    expect(await (await bootWork([within], () => tenant.getStore())).run()).toBe('a');
  });

  test('may run the method again', async () => {
    let left = 2;
    const work = await bootWork([interceptor((next) => next.handle().pipe(retry(2)))], (value) =>
      left-- > 0 ? broken() : value,
    );
    expect(await work.run('a')).toBe('a');
    expect(runs).toHaveLength(3);
  });

  test('that answers before the method has ended keeps its slot until then', async () => {
    const [begun, end] = [deferred(), deferred()];
    const hasty = interceptor((next) => race(from(begun.promise).pipe(map(() => 'hasty')), next.handle()));
    class Slow {
      @AioTask('slow', 1)
      @hasty
      async work(name: string): Promise<void> {
        runs.push([name]);
        begun.resolve();
        await end.promise;
      }

      @AioTask('other', 1)
      async other(): Promise<void> {}
    }
    const app = await boot({ imports: [memory()], providers: [Slow] });
    const { work, other } = tasksOf(app, Slow);
    const results = [work.run('first'), work.run('second')];
    await begun.promise;
    // The same way takes less time than this for the second, if it is open.
    for (let i = 0; i < 5; i++) await other.run();
    expect(runs).toEqual([['first']]);
    end.resolve();
    expect(await Promise.all(results)).toEqual(['hasty', 'hasty']);
    expect(runs).toEqual([['first'], ['second']]);
  });
});

describe('an exception filter', () => {
  test.each<[string, ExceptionFilter['catch']]>([
    ['a value', () => 'fine'],
    ['nothing', () => undefined],
    ['a promise', async () => 'fine'],
    ['an observable', () => of('fine')],
    ['an empty observable', () => EMPTY],
  ])('that answers %s does not turn failure into success', async (_, handle) => {
    const work = await bootWork([filter(handle)], broken);
    await expect(work.run('a')).rejects.toThrow('broken');
    expect(await deadRecord(work)).toMatchObject({ reason: 'failed', error: { message: 'broken' } });
  });

  test.each<[string, ExceptionFilter['catch']]>([
    [
      'throws',
      (error) => {
        throw new Error('mapped', { cause: error });
      },
    ],
    [
      'rejects',
      async () => {
        throw new Error('mapped');
      },
    ],
    ['answers an observable that fails', () => throwError(() => new Error('mapped'))],
  ])('that %s says what the failure is', async (_, handle) => {
    const work = await bootWork([filter(handle)], broken);
    await expect(work.run('a')).rejects.toThrow('mapped');
    expect(await deadRecord(work)).toMatchObject({ error: { name: 'Error', message: 'mapped' } });
  });

  test('may say that another run would fail, too', async () => {
    const fatal = filter((error) => {
      throw new UnrecoverableError('account closed', { cause: error });
    });
    const work = await bootWork([fatal], broken, retrying);
    const error = await work.run('a').catch((each: unknown) => each as TaskFailedError);
    expect(error).toMatchObject({ cause: { name: 'UnrecoverableError' } });
    expect(await deadRecord(work)).toMatchObject({ attempts: 1 });
  });

  test('is asked only for what it catches', async () => {
    const caught: unknown[] = [];
    @Catch(HttpException)
    class HttpOnly implements ExceptionFilter {
      catch(error: HttpException, host: ArgumentsHost): void {
        caught.push(error.message, host.getType<string>());
      }
    }
    const work = await bootWork([UseFilters(HttpOnly)], (what) => {
      throw what === 'http' ? new BadRequestException('caught') : new Error('not caught');
    });
    await expect(work.run('other')).rejects.toThrow('not caught');
    await expect(work.run('http')).rejects.toThrow('caught');
    expect(caught).toEqual(['caught', 'aio']);
  });

  test('logs nothing of its own', async () => {
    const lines = new Lines();
    const work = await bootWork(
      [
        filter((error) => {
          throw error;
        }),
      ],
      broken,
      {},
      lines,
    );
    await expect(work.run('a')).rejects.toThrow('broken');
    expect(lines.all.filter(({ text }) => text.includes('broken'))).toHaveLength(1);
  });

  test.each<[string, Error, string, number]>([
    ['counts when it is UnrecoverableError', new UnrecoverableError('account closed'), 'account closed', 1],
    ['is dropped when it is another', new Error('mapped'), 'broken', 3],
  ])('what one throws that extends BaseExceptionFilter %s', async (_, thrown, message, attempts) => {
    @Catch()
    class Everything extends BaseExceptionFilter {
      override catch(): void {
        throw thrown;
      }
    }
    const lines = new Lines();
    const work = await bootWork([UseFilters(Everything)], broken, retrying, lines);
    await expect(work.run('a')).rejects.toThrow(message);
    expect(await deadRecord(work)).toMatchObject({ attempts, error: { message } });
    expect(lines.texts('warn').filter((text) => text.includes('Filter Everything'))).toHaveLength(
      message === 'broken' ? 1 : 0,
    );
  });

  test('that answers HTTP requests leaves the error as it is, and a warning', async () => {
    @Catch()
    class AllErrors extends BaseExceptionFilter {
      override catch(error: unknown, host: ArgumentsHost): void {
        super.catch(error, host);
      }
    }
    @Catch()
    class Responding implements ExceptionFilter {
      catch(_error: unknown, host: ArgumentsHost): void {
        host.switchToHttp().getResponse<{ end(): void }>().end();
      }
    }
    for (const made of [AllErrors, Responding]) {
      const lines = new Lines();
      const work = await bootWork([UseFilters(made)], broken, {}, lines);
      await expect(work.run('a')).rejects.toThrow('broken');
      await expect(work.run('b')).rejects.toThrow('broken');
      expect(lines.texts('warn').filter((text) => text.includes('Filter'))).toHaveLength(1);
      expect(lines.texts('warn')[0]).toContain(`Filter ${made.name} answers requests`);
    }
  });
});
