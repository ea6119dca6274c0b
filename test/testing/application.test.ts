import { describe, expect, jest, test } from '@jest/globals';
import {
  Injectable,
  type CanActivate,
  type ExecutionContext,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { z } from 'zod';
import {
  AioTask,
  AioTaskContext,
  AioTaskRegistry,
  getTasksToken,
  InjectTasks,
  NbAioPoolModule,
  Tasks,
} from '../../lib/index.js';
import { testTasks } from '../../lib/testing/index.js';
import { until } from '../signals.js';
import { bench, closeAfterEach, MailTasks, NOWHERE, ran, ReportTasks } from './kit.js';

closeAfterEach();

@Injectable()
class Starter implements OnApplicationBootstrap {
  constructor(@InjectTasks(MailTasks) private readonly mail: Tasks<MailTasks>) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.mail.send.submit('boot', 'Hi');
  }
}

describe('the options of the module', () => {
  test('are checked as ever', async () => {
    const wrong = NbAioPoolModule.forRootAsync({
      useFactory: () => ({ redis: NOWHERE, prefx: 'x' }) as never,
    });
    await expect(bench({}, { imports: [wrong] })).rejects.toMatchObject({ code: 'NB_OPTION_UNKNOWN' });
    const queue = NbAioPoolModule.forRoot({ consume: ['mial'] });
    await expect(bench({}, { imports: [queue] })).rejects.toMatchObject({ code: 'NB_QUEUE_UNKNOWN' });
  });
});

describe('with the timers of jest', () => {
  test('submits, drains, waits and closes work while they are faked', async () => {
    jest.useFakeTimers();
    try {
      const { app, tasks, mail, reports } = await bench();
      await reports.build.submit('ada');
      const running = mail.send.run('bob', 'Hi');
      while (tasks.submitted(MailTasks).length === 0) await tasks.clock.advance(0);
      await tasks.drain();
      expect(await running).toBe('Hi to bob');
      await app.close();
    } finally {
      jest.useRealTimers();
    }
  });

  test('who waits in vain still learns why', async () => {
    jest.useFakeTimers();
    try {
      const { mail } = await bench({ patience: 20 });
      await expect(mail.send.run('bob', 'Hi')).rejects.toMatchObject({ code: 'NB_TEST_TASK_STUCK' });
    } finally {
      jest.useRealTimers();
    }
  });
});

describe('the way of a call is the real one', () => {
  @Injectable()
  class Guard implements CanActivate {
    canActivate(context: ExecutionContext): boolean {
      return context.getArgByIndex(0) !== 'mallory';
    }
  }

  @Injectable()
  class OrderTasks {
    seen: unknown[] = [];

    @AioTask({ queue: 'orders', schema: z.tuple([z.string(), z.coerce.number()]) })
    async place(name: string, amount: number): Promise<void> {
      this.seen.push([name, amount, AioTaskContext.current()?.headers]);
    }

    @AioTask({ queue: 'binary', codec: 'v8' })
    async at(when: Date): Promise<void> {
      this.seen.push(when);
    }

    @AioTask('dates')
    async plain(when: unknown): Promise<void> {
      this.seen.push(when);
    }
  }

  const providers = [OrderTasks, MailTasks, ReportTasks, { provide: APP_GUARD, useClass: Guard }];

  test('codec, schema, headers and guards', async () => {
    const { app, tasks } = await bench({}, { providers });
    const orders = app.get<Tasks<OrderTasks>>(getTasksToken(OrderTasks));
    const when = new Date(0);
    await expect(orders.plain.submit(when)).rejects.toMatchObject({ code: 'NB_PAYLOAD_UNSUPPORTED' });
    await expect(orders.place.submit('ada', 'many' as never)).rejects.toMatchObject({
      code: 'NB_TASK_SCHEMA',
    });
    await orders.at.submit(when);
    await orders.place.with({ headers: { tenant: 'x' } }).submit('ada', '5' as never);
    await orders.place.submit('mallory', 1);
    expect(await tasks.drain()).toEqual({ done: 2, delayed: 0, dead: 1 });
    expect(app.get(OrderTasks).seen).toEqual([when, ['ada', 5, { tenant: 'x' }]]);
    expect(tasks.submitted(OrderTasks, 'at')).toMatchObject([{ args: [when] }]);
    expect(tasks.submitted('binary')).toMatchObject([{ args: [when] }]);
    expect(tasks.submitted(OrderTasks, 'place')).toMatchObject([
      { headers: { tenant: 'x' }, state: 'done' },
      { headers: {}, state: 'dead', error: { message: expect.stringMatching(/refused by guard Guard/) } },
    ]);
  });

  test('arguments are those of the submit, whatever becomes of the object', async () => {
    const { tasks, mail } = await bench();
    const address = { toString: () => 'x' };
    await expect(mail.send.submit(address as never, 'Hi')).rejects.toMatchObject({
      code: 'NB_PAYLOAD_UNSUPPORTED',
    });
    const list = ['ada'];
    await mail.send.submit(list as never, 'Hi');
    list.push('bob');
    expect(tasks.submitted(MailTasks, 'send')[0]?.args).toEqual([['ada'], 'Hi']);
  });
});

describe('applications', () => {
  test('two at once do not see each other', async () => {
    const [one, other] = [await bench(), await bench({ mode: 'inline' })];
    await one.mail.send.submit('ada', 'Hi');
    await other.mail.send.submit('bob', 'Hi');
    expect(one.tasks.submitted(MailTasks).map(({ args }) => args[0])).toEqual(['ada']);
    expect(other.tasks.submitted(MailTasks).map(({ args }) => args[0])).toEqual(['bob']);
    await one.app.close();
    expect(await other.mail.send.run('eve', 'Hi')).toBe('Hi to eve');
  });

  test('what an application submits when it starts', async () => {
    const { tasks } = await bench({}, { providers: [MailTasks, Starter] });
    expect(tasks.submitted(MailTasks)).toMatchObject([{ args: ['boot', 'Hi'], state: 'ready' }]);
  });

  test('several connections share one clock, and are drained together', async () => {
    class EuTasks {
      @AioTask({ queue: 'mail', name: 'send', connection: 'eu' })
      async send(to: string): Promise<void> {
        ran.push(`eu ${to}`);
      }
    }
    const imports = [
      NbAioPoolModule.forRoot({ redis: NOWHERE }),
      NbAioPoolModule.forRoot({ name: 'eu', redis: NOWHERE }),
    ];
    const { app, tasks, mail } = await bench({}, { imports, providers: [MailTasks, ReportTasks, EuTasks] });
    await app.get<Tasks<EuTasks>>(getTasksToken(EuTasks)).send.submit('ada');
    await mail.send.submit('bob', 'Hi');
    expect(tasks.submitted('mail').map(({ task }) => task)).toEqual(['EuTasks.send', 'MailTasks.send']);
    expect(tasks.submitted(EuTasks, 'send').map(({ args }) => args)).toEqual([['ada']]);
    await tasks.drain();
    expect(ran).toEqual(['eu ada', 'send bob 1']);
  });

  test('a queue that AioTaskRegistry paused stays as it is', async () => {
    const { app, tasks, mail, reports } = await bench();
    await app.get(AioTaskRegistry).pause('mail');
    await reports.build.submit('ada');
    await mail.count.submit();
    await tasks.drain();
    expect(ran).toEqual(['build ada', 'built ada']);
    await app.get(AioTaskRegistry).resume('mail');
    await tasks.drain();
    expect(ran).toEqual(['build ada', 'built ada', 'count', 'send ada 1']);
  });

  test('stopping and starting consumers by hand works, and runs nothing', async () => {
    const { app, mail } = await bench();
    const registry = app.get(AioTaskRegistry);
    await mail.count.submit();
    await registry.stop('mail');
    await registry.start('mail');
    expect(registry.list().map(({ queue, consuming }) => [queue, consuming])).toEqual([
      ['mail', true],
      ['reports', true],
    ]);
    expect(ran).toEqual([]);
  });

  test('closing one does not wait for a task that runs: its drain says so', async () => {
    const { app, tasks, mail } = await bench();
    await mail.slow.submit();
    const draining = tasks.drain();
    const failed = draining.catch((error: unknown) => error);
    await until(() => tasks.submitted(MailTasks)[0]?.state === 'running');
    await app.close();
    MailTasks.finish();
    expect(await failed).toMatchObject({ code: 'NB_BROKER_CLOSED' });
  });

  test('what was submitted can be seen after the application is closed', async () => {
    const { app, tasks, mail } = await bench();
    await mail.send.submit('ada', 'Hi');
    await app.close();
    expect(tasks.submitted(MailTasks)).toHaveLength(1);
    await expect(mail.send.submit('bob', 'Hi')).rejects.toMatchObject({ code: 'NB_BROKER_CLOSED' });
  });
});

describe('misuse', () => {
  test('before compile', async () => {
    const tasks = testTasks();
    expect(() => tasks.submitted()).toThrow(/have no application yet: await tasks\.override/);
    await expect(tasks.drain()).rejects.toMatchObject({ code: 'NB_TEST_TASKS' });
    await expect(tasks.clear()).rejects.toMatchObject({ code: 'NB_TEST_TASKS' });
  });

  test('one kit for two applications, unless the first is closed', async () => {
    const tasks = testTasks();
    const compile = () =>
      tasks.override(Test.createTestingModule({ imports: [NbAioPoolModule.forRoot()] })).compile();
    const first = await compile();
    await expect(compile()).rejects.toThrow(/have an application with connection 'default' already/);
    await first.close();
    await (await compile()).close();
  });

  test('options, classes and methods that do not exist', async () => {
    expect(() => testTasks({ mod: 'inline' } as never)).toThrow(/did you mean 'mode'/);
    expect(() => testTasks({ mode: 'fast' as never })).toThrow(/'manual' or 'inline', but was "fast"/);
    expect(() => testTasks({ patience: 0 })).toThrow(/at least 1|from 1/);
    const { tasks } = await bench();
    expect(() => tasks.submitted(MailTasks, 'sned' as never)).toThrow(
      /MailTasks has no task 'sned'; did you mean 'send'\?/,
    );
    expect(() => tasks.submitted(Starter)).toThrow(/Starter were asked for, but it has none/);
    await expect(tasks.drain({ absent: 'keep' as never })).rejects.toMatchObject({
      code: 'NB_OPTION_INVALID',
    });
    await expect(tasks.clock.advance(-1)).rejects.toMatchObject({ code: 'NB_OPTION_INVALID' });
  });
});
