import type { ConsumerPlan } from '../queue/consumer/consumer-plan.js';
import type { TaskDefaults } from '../queue/index.js';
import type { CallRecord } from './call-record.js';
import { TestTaskAbsentError, TestTasksError } from './errors.js';
import { taskOf } from './known-tasks.js';
import type { RunnerUse } from './queue-runner.js';
import { TestConnection, type ConnectionParts } from './test-connection.js';
import type { QueueWatcher } from './test-queue.js';

/** The connections of the application under test, by name. */
export class Connections {
  private readonly made = new Map<string, TestConnection>();

  constructor(
    private readonly use: RunnerUse,
    private readonly watcher: QueueWatcher,
  ) {}

  /**
   * Makes one that the application asks for. After an application was closed the next one starts anew.
   * @throws TestTasksError while another application has it
   */
  add(parts: ConnectionParts): TestConnection {
    if ([...this.made.values()].every(({ closed }) => closed)) {
      this.made.clear();
      this.use.book.forget();
    }
    const { name } = parts.options;
    if (this.made.has(name)) {
      throw new TestTasksError(
        `These testTasks() have an application with connection '${name}' already: make others for each application.`,
      );
    }
    const connection = new TestConnection(parts, this.use, this.watcher);
    this.made.set(name, connection);
    return connection;
  }

  readonly defaultsOf = (name: string): TaskDefaults | undefined =>
    this.made.get(name)?.parts.options.defaults;

  /** Where a call is, and how it is to be run; undefined when no provider has its task. */
  find(record: CallRecord): { connection: TestConnection; plan: ConsumerPlan } | undefined {
    const connection = this.made.get(record.connection);
    const plan = connection?.planOf(record);
    return connection && plan && { connection, plan };
  }

  async clear(): Promise<void> {
    for (const connection of this.made.values()) await connection.clear();
  }

  /** @throws TestTasksError when there is no application yet */
  refuseNone(what: string): void {
    if (this.made.size > 0) return;
    throw new TestTasksError(
      `${what} was called, but these testTasks() have no application yet: ` +
        `await tasks.override(Test.createTestingModule({ ... })).compile() first, with a module that imports NbAioPoolModule.forRoot.`,
    );
  }

  /** @throws TestTaskAbsentError for calls whose tasks no provider has */
  refuseAbsent(records: readonly CallRecord[], what: string): void {
    const absent = records.filter((record) => !this.find(record));
    if (absent.length === 0) return;
    const names = [...new Set(absent.map((record) => this.nameOf(record)))];
    throw new TestTaskAbsentError(
      `${what}: ${absent.length === 1 ? 'a call' : `${absent.length} calls`} of ${names.join(', ')} can't run, because ` +
        `no provider of this application has the task: add the class to the testing module's providers, or only look ` +
        `at submitted(); drain({ absent: 'leave' }) leaves such calls alone.`,
    );
  }

  private nameOf(record: CallRecord): string {
    const { queue, task } = record;
    return `${taskOf(record, this.defaultsOf)?.description ?? task} (queue '${queue}')`;
  }
}
