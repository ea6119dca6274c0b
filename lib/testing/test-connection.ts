import { MemoryBroker } from '../broker/memory/index.js';
import { logEvents } from '../nest/consumers/event-log.js';
import type { TaskExplorer } from '../nest/consumers/task-explorer.js';
import type { AppConnections } from '../nest/core/app-connections.js';
import type { AppLog } from '../nest/core/app-log.js';
import type { ResolvedModuleOptions } from '../nest/module-options.js';
import type { ConsumerPlan } from '../queue/consumer/consumer-plan.js';
import type { CallRecord } from './call-record.js';
import { QueueRunner, type RunnerUse } from './queue-runner.js';
import { TestBroker } from './test-broker.js';
import { TestQueue, type QueueWatcher } from './test-queue.js';

/** What a connection of the application under test consists of. */
export interface ConnectionParts {
  readonly options: ResolvedModuleOptions;
  readonly log: AppLog;
  readonly explorer: TaskExplorer;
  readonly connections: AppConnections;
}

/** One connection of the application under test: its broker, its queues, and what runs them. */
export class TestConnection {
  readonly broker: TestBroker;
  closed = false;
  private readonly memory: MemoryBroker;
  private readonly queues = new Map<string, TestQueue>();
  private readonly runners = new Map<string, QueueRunner>();
  private plans: readonly ConsumerPlan[] = [];

  constructor(
    readonly parts: ConnectionParts,
    private readonly use: RunnerUse,
    private readonly watcher: QueueWatcher,
  ) {
    this.memory = new MemoryBroker({ clock: use.clock });
    this.broker = new TestBroker(this.name, this.memory, use.book);
  }

  get name(): string {
    return this.parts.options.name;
  }

  queue(name: string): TestQueue {
    const queue = this.queues.get(name) ?? new TestQueue(name, this.broker, this.watcher);
    this.queues.set(name, queue);
    return queue;
  }

  /** How a call is to be run; undefined when no provider has its task. */
  planOf({ queue, task }: CallRecord): ConsumerPlan | undefined {
    const find = (): ConsumerPlan | undefined =>
      this.plans.find((plan) => plan.queue === queue && plan.tasks.has(task));
    const known = find();
    if (known) return known;
    // Asked again: the first question may have come before all providers were made.
    this.plans = this.parts.explorer.explore();
    return find();
  }

  /** By hand, through AioTaskRegistry. */
  isPaused(queue: string): boolean {
    const { consumers } = this.parts.connections.get(this.name) ?? {};
    return consumers?.all().some((each) => each.plan.queue === queue && each.stats().paused) ?? false;
  }

  runner(queue: string): QueueRunner {
    const runner =
      this.runners.get(queue) ?? new QueueRunner(queue, this.memory, logEvents(this.parts.log), this.use);
    this.runners.set(queue, runner);
    return runner;
  }

  /** Removes what waits in its queues. */
  async clear(): Promise<void> {
    for (const queue of this.queues.values()) await queue.clear();
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.memory.close();
  }
}
