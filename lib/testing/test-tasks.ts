import { TaskExplorer } from '../nest/consumers/task-explorer.js';
import { AppBroker } from '../nest/core/app-broker.js';
import { AppConnections } from '../nest/core/app-connections.js';
import { AppLog } from '../nest/core/app-log.js';
import { OPTIONS } from '../nest/core/tokens.js';
import { TaskUnknownError, type TaskClass } from '../nest/index.js';
import type { ResolvedModuleOptions } from '../nest/module-options.js';
import { checkOptions, didYouMean, integer, milliseconds, oneOf } from '../options.js';
import { Conductor } from './conductor.js';
import { describeCall } from './describe-call.js';
import { isCallOf, tasksOf } from './known-tasks.js';
import type { CallsOf, SubmittedCall, TaskMethod } from './submitted-call.js';
import type { DrainReport } from './tally.js';
import { TestAppBroker } from './test-app-broker.js';
import type { TestClock } from './test-clock.js';

/** Options of `testTasks`. @publicApi */
export interface TestTasksOptions {
  /**
   * `manual`: a submit stores, and nothing runs until `drain()` or `runNext()`. `inline`: a submit resolves when its
   * task has run once. Default `manual`.
   */
  mode?: 'manual' | 'inline';
  /**
   * How long `run()` and `result()` wait while nothing happens that could bring the result, in ms of real time; then
   * they reject with TestTaskStuckError. Default 2,000 (less than a test's time limit), minimum 1.
   */
  patience?: number;
}

/** Options of `TestTasks.drain`. @publicApi */
export interface DrainOptions {
  /** What of calls whose task no provider of the application has: an error (after all others ran), or leave them. Default `refuse`. */
  absent?: 'refuse' | 'leave';
  /**
   * How many times in a row what ran may have submitted more, before the drain rejects: a task that submits itself never
   * ends. Default 1,000, minimum 1.
   */
  maxGenerations?: number;
}

/** What `override` needs of the builder that `Test.createTestingModule` answers. @publicApi */
export interface ProviderOverrides {
  overrideProvider(token: unknown): {
    useFactory(options: { factory: (...args: never[]) => unknown; inject: unknown[] }): unknown;
  };
}

const mode = oneOf('manual', 'inline');
const absent = oneOf('refuse', 'leave');

/** The tasks of an application under test. Made by `testTasks`. @publicApi */
export class TestTasks {
  private readonly conductor: Conductor;

  /** @internal */
  constructor(options: TestTasksOptions) {
    checkOptions<TestTasksOptions>('testTasks', options, { mode, patience: milliseconds(1) });
    this.conductor = new Conductor(options.mode === 'inline', options.patience ?? 2_000);
  }

  /** The time of delays, backoffs and kept results. */
  get clock(): TestClock {
    return this.conductor.clock;
  }

  /**
   * Puts the kit in the place of the application's brokers, those of all its connections. The module's options stay as they
   * are, and are checked; but nothing is connected to, and nothing is consumed by itself.
   *
   * @example const module = await tasks.override(Test.createTestingModule({ imports: [AppModule] })).compile();
   */
  override<B extends ProviderOverrides>(builder: B): B {
    const { connections } = this.conductor;
    builder.overrideProvider(AppBroker).useFactory({
      inject: [OPTIONS, AppLog, TaskExplorer, AppConnections],
      factory: (options: ResolvedModuleOptions, log: AppLog, explorer: TaskExplorer, all: AppConnections) =>
        new TestAppBroker(connections.add({ options, log, explorer, connections: all })),
    });
    return builder;
  }

  /**
   * The calls of a task, in the order of their submits, whatever has become of them since.
   *
   * @throws TaskUnknownError for a class without tasks, or a method that is none. @throws TestTasksError before `compile`
   *
   * @example expect(tasks.submitted(MailTasks, 'send').map(({ args }) => args)).toEqual([['ada@example.com', 'Hi']]);
   */
  submitted<T extends object, K extends TaskMethod<T>>(task: TaskClass<T>, method: K): CallsOf<T, K>;
  /** The calls of all tasks of a class. */
  submitted(task: TaskClass): SubmittedCall[];
  /** The calls on a queue, or all. */
  submitted(queue?: string): SubmittedCall[];
  submitted(from?: TaskClass | string, method?: string): SubmittedCall[] {
    const { connections, book, clock } = this.conductor;
    connections.refuseNone('submitted()');
    const { defaultsOf } = connections;
    const records = book.all();
    if (typeof from !== 'function') {
      const found = records.filter(({ queue }) => from === undefined || queue === from);
      return found.map((record) => describeCall(record, clock.now(), defaultsOf));
    }
    const tasks = tasksOf(from, defaultsOf);
    const wanted = tasks.filter((each) => method === undefined || each.method === method);
    if (wanted.length === 0)
      throw noMethod(
        from,
        String(method),
        tasks.map((each) => each.method),
      );
    return records.flatMap((record) => {
      const known = wanted.find((each) => isCallOf(record, each));
      return known ? [describeCall(record, clock.now(), defaultsOf, known)] : [];
    });
  }

  /**
   * Runs what is ready, oldest first and one after the other, and what that submits, until nothing is ready or
   * runs; also submits that were called before and not awaited. A drain that is called during another one begins after it.
   * What is delayed stays, and so do queues that `AioTaskRegistry` paused. A task that fails does not make it reject: see what it
   * resolves with, and `error` of the calls.
   *
   * @throws UnknownOptionError, InvalidOptionError. @throws TestTaskAbsentError when calls are left whose task no provider has.
   * @throws TestTasksError before `compile`, within a task, and when tasks submit one another more than `maxGenerations` times in a row.
   */
  async drain(options: DrainOptions = {}): Promise<DrainReport> {
    checkOptions<DrainOptions>('drain()', options, { absent, maxGenerations: integer(1) });
    return this.conductor.drain(options.absent === 'leave', options.maxGenerations);
  }

  /**
   * Runs the one call that is ready longest, and answers how it went; undefined when none is.
   *
   * @throws TestTaskAbsentError when only calls are ready whose task no provider has. @throws TestTasksError
   */
  async runNext(): Promise<SubmittedCall | undefined> {
    const record = await this.conductor.runNext();
    const { clock, connections } = this.conductor;
    return record && describeCall(record, clock.now(), connections.defaultsOf);
  }

  /** Removes what waits, and forgets all calls: for tests that share an application. The clock stays where it is. */
  async clear(): Promise<void> {
    const { connections, book } = this.conductor;
    connections.refuseNone('clear()');
    await connections.clear();
    book.forget();
  }
}

/**
 * The tasks of an application, for its tests: no server, no timers, nothing that is left open. Make one for each application.
 *
 * @throws UnknownOptionError, InvalidOptionError
 *
 * @example
 * const tasks = testTasks();
 * const module = await tasks.override(Test.createTestingModule({ imports: [AppModule] })).compile();
 * await module.get(SignUp).register('ada@example.com');
 * expect(tasks.submitted(MailTasks, 'send')).toMatchObject([{ args: ['ada@example.com', 'Welcome'] }]);
 * await tasks.drain();
 *
 * @publicApi
 */
export function testTasks(options: TestTasksOptions = {}): TestTasks {
  return new TestTasks(options);
}

function noMethod(task: TaskClass, method: string, known: readonly string[]): TaskUnknownError {
  return new TaskUnknownError(
    `submitted(): ${task.name} has no task '${method}'${didYouMean(method, known)} ` +
      `Its tasks are ${known.map((each) => `'${each}'`).join(', ')}.`,
  );
}
