import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  Controller,
  Inject,
  Injectable,
  Scope,
  UseGuards,
  UseInterceptors,
  type CallHandler,
  type CanActivate,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import {
  APP_GUARD,
  ContextIdFactory,
  REQUEST,
  type ContextId,
  type ContextIdStrategy,
  type HostComponentInfo,
} from '@nestjs/core';
import type { Observable } from 'rxjs';
import { AioTask, AioTaskContext, AioTaskRequest } from '../../lib/index.js';
import { deadRecord, memory, retrying, tasksOf } from './dispatch-kit.js';
import { boot, closeAfterEach, type AnyClass } from './kit.js';

closeAfterEach();

let made: string[] = [];
beforeEach(() => {
  made = [];
});

/** Counts instances by class. */
abstract class Counted {
  readonly born = made.push(this.constructor.name);
}

@Injectable({ scope: Scope.REQUEST })
class PerRequest extends Counted {
  calls = 0;
  @AioTask('scoped')
  async run(): Promise<number> {
    return ++this.calls;
  }
}

@Injectable({ scope: Scope.TRANSIENT })
class Transient extends Counted {
  calls = 0;
  @AioTask('scoped')
  async run(): Promise<number> {
    return ++this.calls;
  }
}

@Injectable()
class Bubbling extends Counted {
  calls = 0;
  constructor(@Inject(REQUEST) readonly request: AioTaskRequest) {
    super();
  }
  @AioTask('scoped')
  async run(): Promise<number> {
    return ++this.calls;
  }
}

@Controller()
class ScopedController extends Counted {
  calls = 0;
  constructor(readonly dependency: PerRequest) {
    super();
  }
  @AioTask('controller')
  async run(): Promise<number> {
    return ++this.calls;
  }
}

type Countable = AnyClass & (new (...args: never[]) => { run(): Promise<number> });

describe('each delivery has an instance of its own', () => {
  test.each<[string, Countable]>([
    ['a request-scoped class', PerRequest],
    ['a transient class', Transient],
    ['a class that depends on the request', Bubbling],
  ])('of %s', async (_, task) => {
    const app = await boot({ imports: [memory()], providers: [task] });
    const { run } = tasksOf(app, task);
    expect(await Promise.all([run.run(), run.run(), run.run()])).toEqual([1, 1, 1]);
    expect(made).toEqual([task.name, task.name, task.name]);
  });

  test('of a controller, and of what it depends on', async () => {
    const app = await boot({
      imports: [memory({ consume: ['controller'] })],
      controllers: [ScopedController],
      providers: [PerRequest],
    });
    const { run } = tasksOf(app, ScopedController);
    expect([await run.run(), await run.run()]).toEqual([1, 1]);
    expect(made).toEqual(['PerRequest', 'ScopedController', 'PerRequest', 'ScopedController']);
  });

  test('of a class under another token', async () => {
    const app = await boot({ imports: [memory()], providers: [{ provide: 'tasks', useClass: PerRequest }] });
    expect(await tasksOf(app, PerRequest).run.run()).toBe(1);
  });

  test('also when a run is repeated', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Failing extends Counted {
      @AioTask('failing')
      async run(): Promise<number> {
        const attempt = AioTaskContext.current()?.attempt ?? 0;
        if (attempt < 3) throw new Error('again');
        return attempt;
      }
    }
    const app = await boot({ imports: [memory(retrying)], providers: [Failing] });
    expect(await tasksOf(app, Failing).run.run()).toBe(3);
    expect(made).toHaveLength(3);
  });
});

test('REQUEST is the delivery', async () => {
  @Injectable()
  class Asking {
    constructor(@Inject(REQUEST) private readonly request: AioTaskRequest) {}
    @AioTask({ queue: 'asking', name: 'ask' })
    async run(_what: string): Promise<unknown[]> {
      const { id, queue, task, attempt, args, headers, signal } = this.request;
      const same = this.request instanceof AioTaskRequest && signal === AioTaskContext.current()?.signal;
      return [id === AioTaskContext.current()?.id, queue, task, attempt, args, { ...headers }, same];
    }
  }
  const app = await boot({ imports: [memory()], providers: [Asking] });
  const { run } = tasksOf(app, Asking);
  expect(await run.with({ headers: { tenant: 'a' } }).run('x')).toEqual([
    true,
    'asking',
    'ask',
    1,
    ['x'],
    { tenant: 'a' },
    true,
  ]);
});

describe('scoped enhancers', () => {
  @Injectable({ scope: Scope.REQUEST })
  class RequestGuard extends Counted implements CanActivate {
    constructor(@Inject(REQUEST) private readonly request: AioTaskRequest) {
      super();
    }
    canActivate(context: ExecutionContext): boolean {
      return this.request.args === context.getArgs() || this.request.args[0] === context.getArgByIndex(0);
    }
  }

  @Injectable({ scope: Scope.TRANSIENT })
  class TransientInterceptor extends Counted implements NestInterceptor {
    private calls = 0;
    intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
      made.push(`call ${++this.calls}`);
      return next.handle();
    }
  }

  test('of a singleton with a transient one', async () => {
    @Injectable()
    @UseInterceptors(TransientInterceptor)
    class Single {
      calls = 0;
      @AioTask('single')
      async run(): Promise<number> {
        return ++this.calls;
      }
    }
    const app = await boot({ imports: [memory()], providers: [Single] });
    made = [];
    const { run } = tasksOf(app, Single);
    expect([await run.run(), await run.run()]).toEqual([1, 2]);
    expect(made).toEqual(['TransientInterceptor', 'call 1', 'TransientInterceptor', 'call 1']);
  });

  test('on a method make its class scoped, as they do a controller', async () => {
    @Injectable()
    class Guarded extends Counted {
      @AioTask('guarded')
      @UseGuards(RequestGuard)
      async run(text: string): Promise<string> {
        return text;
      }
    }
    const app = await boot({ imports: [memory()], providers: [Guarded] });
    const { run } = tasksOf(app, Guarded);
    expect([await run.run('a'), await run.run('b')]).toEqual(['a', 'b']);
    expect(made.filter((name) => name === 'RequestGuard')).toHaveLength(2);
  });

  test('that are global leave a singleton one', async () => {
    @Injectable()
    class Single extends Counted {
      @AioTask('single')
      async run(text: string): Promise<string> {
        return text;
      }
    }
    const app = await boot({
      imports: [memory()],
      providers: [Single, { provide: APP_GUARD, useClass: RequestGuard }],
    });
    const { run } = tasksOf(app, Single);
    expect([await run.run('a'), await run.run('b')]).toEqual(['a', 'b']);
    expect(made.toSorted()).toEqual(['RequestGuard', 'RequestGuard', 'Single']);
  });
});

test('AioTaskContext.current() is there in guards, pipes, interceptors and constructors', async () => {
  const seen: unknown[] = [];
  const see = (at: string): void => void seen.push(at, AioTaskContext.current()?.task);
  @Injectable({ scope: Scope.REQUEST })
  class Seer implements CanActivate, NestInterceptor {
    constructor() {
      see('constructor');
    }
    canActivate(): boolean {
      see('guard');
      return true;
    }
    intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
      see('interceptor');
      return next.handle();
    }
  }
  @Injectable()
  @UseGuards(Seer)
  @UseInterceptors(Seer)
  class Watched {
    @AioTask('watched')
    async run(): Promise<void> {
      see('method');
    }
  }
  const app = await boot({ imports: [memory()], providers: [Watched] });
  await tasksOf(app, Watched).run.run();
  expect(seen.filter((_, i) => i % 2 === 0)).toEqual(['constructor', 'guard', 'interceptor', 'method']);
  expect(new Set(seen.filter((_, i) => i % 2 === 1))).toEqual(new Set(['run']));
});

describe('a provider that can not be made', () => {
  @Injectable({ scope: Scope.REQUEST })
  class Connection {
    constructor(@Inject(REQUEST) request: AioTaskRequest) {
      if (request.attempt < 3) throw new Error('no connection');
    }
  }
  @Injectable()
  class Using {
    constructor(readonly connection: Connection) {}
    @AioTask('using')
    async run(): Promise<string> {
      return 'connected';
    }
  }

  test('fails the run, and says what and why', async () => {
    const app = await boot({ imports: [memory()], providers: [Connection, Using] });
    const { run } = tasksOf(app, Using);
    await expect(run.run()).rejects.toThrow(
      'Using.run: what a delivery needs of its own could not be made: Error: no connection',
    );
    expect(await deadRecord(run)).toMatchObject({ reason: 'failed', error: { name: 'TaskScopeError' } });
  });

  test('is tried again', async () => {
    const app = await boot({ imports: [memory(retrying)], providers: [Connection, Using] });
    expect(await tasksOf(app, Using).run.run()).toBe('connected');
  });
});

describe('durable providers', () => {
  /** One sub-tree a tenant, as in Nest's guide; the tenant comes with the headers, of requests as of tasks. */
  class ByTenant implements ContextIdStrategy {
    private readonly trees = new Map<string, ContextId>();
    attach(contextId: ContextId, request: AioTaskRequest) {
      const tenant = request.headers['tenant'] ?? 'none';
      const tree = this.trees.get(tenant) ?? ContextIdFactory.create();
      this.trees.set(tenant, tree);
      return {
        resolve: (info: HostComponentInfo) => (info.isTreeDurable ? tree : contextId),
        payload: { tenant },
      };
    }
  }
  beforeEach(() => ContextIdFactory.apply(new ByTenant() as ContextIdStrategy));
  afterEach(() => ContextIdFactory.apply(undefined as never));

  @Injectable({ scope: Scope.REQUEST, durable: true })
  class TenantTasks extends Counted {
    calls = 0;
    constructor(@Inject(REQUEST) private readonly request: { tenant: string }) {
      super();
    }
    @AioTask('tenants')
    async run(): Promise<unknown[]> {
      // They outlive the delivery that they were made for, so they must not see it.
      return [this.request.tenant, ++this.calls, this.request instanceof AioTaskRequest];
    }
  }

  test('are shared by the deliveries of their sub-tree', async () => {
    const app = await boot({ imports: [memory()], providers: [TenantTasks] });
    const { run } = tasksOf(app, TenantTasks);
    const of = (tenant: string) => run.with({ headers: { tenant } }).run();
    expect([await of('a'), await of('b'), await of('a')]).toEqual([
      ['a', 1, false],
      ['b', 1, false],
      ['a', 2, false],
    ]);
    expect(made).toEqual(['TenantTasks', 'TenantTasks']);
  });
});

test('nothing of a delivery is kept', async () => {
  const instances: WeakRef<object>[] = [];
  @Injectable({ scope: Scope.REQUEST })
  class Kept {
    readonly ballast = new Uint8Array(1_000);
    constructor(@Inject(REQUEST) request: AioTaskRequest) {
      instances.push(new WeakRef(this), new WeakRef(request));
    }
  }
  @Injectable()
  class Keeper {
    constructor(readonly kept: Kept) {
      instances.push(new WeakRef(this));
    }
    @AioTask('kept')
    async run(): Promise<void> {}
  }
  const app = await boot({ imports: [memory()], providers: [Kept, Keeper] });
  const { run } = tasksOf(app, Keeper);
  for (let i = 0; i < 100; i++) await run.run();
  expect(instances).toHaveLength(300);
  const alive = await aliveAfterCollection(instances);
  // The last few may still be on a stack.
  expect(alive).toBeLessThan(10);
});

async function aliveAfterCollection(references: readonly WeakRef<object>[]): Promise<number> {
  const { setFlagsFromString } = await import('node:v8');
  const { runInNewContext } = await import('node:vm');
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  // What deref() answered lives until the end of the turn.
  await new Promise(setImmediate);
  collect();
  return references.filter((reference) => reference.deref()).length;
}
