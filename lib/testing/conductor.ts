import { AsyncLocalStorage } from 'node:async_hooks';
import { CallBook } from './call-book.js';
import type { CallRecord } from './call-record.js';
import { Connections } from './connections.js';
import { TestTasksError } from './errors.js';
import type { Doubt } from './patience.js';
import { stuckReason } from './stuck-reason.js';
import { Tally, type DrainReport } from './tally.js';
import { TestClock } from './test-clock.js';
import type { QueueWatcher } from './test-queue.js';

/** Calls that submit calls that submit calls: a drain that goes on for so long is hardly going to end. */
const MOST_GENERATIONS = 1_000;
/** Nor is a call within a call within a call, so deep. */
const DEEPEST = 100;

/**
 * Decides which call runs when. A drain runs one at a time, unless a call that runs waits for another one; and there is one
 * drain at a time. Submits in inline mode take no turns: a task may wait, without our knowing, for what another submit does.
 */
export class Conductor implements QueueWatcher {
  readonly clock = new TestClock((to) => this.move(to));
  readonly book = new CallBook(this.clock);
  readonly tally = new Tally();
  readonly connections = new Connections(this, this);
  /** How many calls this code runs within. */
  private readonly depth = new AsyncLocalStorage<number>();
  private draining = 0;
  private turn: Promise<unknown> = Promise.resolve();
  /** Submits that were called, and are not stored yet. */
  private readonly stores = new Set<Promise<void>>();

  constructor(
    private readonly inline: boolean,
    private readonly patience: number,
  ) {}

  /** Runs what is ready, and what that submits. @throws TestTaskAbsentError, TestTasksError */
  async drain(leaveAbsent: boolean, maxGenerations?: number): Promise<DrainReport> {
    this.refuseWithin('drain()');
    return this.inTurn(async () => {
      const before = this.tally.snapshot();
      await this.runReady(maxGenerations);
      if (!leaveAbsent) this.connections.refuseAbsent(this.book.ready(), 'drain()');
      return this.tally.since(before);
    });
  }

  /** Runs the oldest that is ready. @throws TestTaskAbsentError when nothing else is */
  async runNext(): Promise<CallRecord | undefined> {
    this.refuseWithin('runNext()');
    await this.storesBegun();
    for (const record of this.book.ready()) {
      const ran = await this.runFrom(record);
      if (ran) return ran;
    }
    this.connections.refuseAbsent(this.book.ready(), 'runNext()');
    return undefined;
  }

  storing(store: Promise<void>): void {
    const done: Promise<void> = store
      .catch(() => {})
      .finally(() => {
        this.stores.delete(done);
      });
    this.stores.add(done);
  }

  async stored(ids: readonly string[]): Promise<void> {
    if (!this.inline) return;
    for (const id of ids) {
      const record = this.book.get(id);
      if (!record) continue;
      await this.runUpTo(record);
      await record.ran;
    }
  }

  /** What a task waits for has to run now: the task itself is what everything else waits for. */
  async waited(id: string): Promise<void> {
    const record = this.book.get(id);
    if (record?.state(this.clock.now()) !== 'ready') return;
    this.connections.refuseAbsent([record], 'run() or result()');
    if (this.depth.getStore() !== undefined) await this.runUpTo(record);
  }

  doubtOf(id: string): Doubt {
    return {
      patience: this.patience,
      activity: () => this.tally.activity,
      reason: () => {
        const record = this.book.get(id);
        const ready = record?.state(this.clock.now()) === 'ready';
        return ready && this.draining > 0 ? undefined : stuckReason(id, record, this.clock.now());
      },
    };
  }

  private async move(to: number): Promise<void> {
    this.tally.activity++;
    if (!this.inline) return this.clock.moveTo(to);
    this.refuseWithin('clock.advance()');
    return this.inTurn(async () => {
      for (let due = this.book.nextDue(); due !== undefined && due <= to; due = this.book.nextDue()) {
        this.clock.moveTo(due);
        await this.runReady();
      }
      this.clock.moveTo(to);
    });
  }

  /** Ends when nothing is ready, and nothing runs that could submit more. */
  private async runReady(maxGenerations = MOST_GENERATIONS): Promise<void> {
    this.draining++;
    try {
      for (let generation = 1; await this.runGeneration(); generation++) {
        if (generation > maxGenerations) throw endless(maxGenerations);
      }
    } finally {
      this.draining--;
    }
  }

  /** Runs what is ready now, else waits for what runs already. False when there is neither. */
  private async runGeneration(): Promise<boolean> {
    await this.storesBegun();
    let ran = false;
    for (const record of this.book.ready()) {
      if (record.state(this.clock.now()) === 'ready' && (await this.runFrom(record))) ran = true;
    }
    if (ran) return true;
    const running = this.book.all().filter((record) => record.state(this.clock.now()) === 'running');
    await Promise.all(running.map((record) => record.ran));
    return running.length > 0 || this.stores.size > 0;
  }

  /** Also a submit that nobody awaits was called before. */
  private async storesBegun(): Promise<void> {
    await Promise.all(this.stores);
  }

  /** A drain that ran beside another one would count that one's runs, too. */
  private inTurn<T>(act: () => Promise<T>): Promise<T> {
    const result = this.turn.then(act);
    this.turn = result.catch(() => {});
    return result;
  }

  private async runUpTo(record: CallRecord): Promise<void> {
    while (record.state(this.clock.now()) === 'ready') {
      if (!(await this.runFrom(record))) return;
    }
  }

  /** Runs the next call of the queue that `record` is in: queues keep their order. */
  private async runFrom(record: CallRecord): Promise<CallRecord | undefined> {
    const depth = (this.depth.getStore() ?? 0) + 1;
    if (depth > DEEPEST) throw tooDeep(record);
    const found = this.connections.find(record);
    if (!found || found.connection.isPaused(record.queue)) return undefined;
    const runner = found.connection.runner(record.queue);
    const aside: string[] = [];
    try {
      return await this.depth.run(depth, () => runner.next(found.plan, aside));
    } finally {
      await runner.release(aside);
    }
  }

  private refuseWithin(what: string): void {
    this.connections.refuseNone(what);
    if (this.depth.getStore() === undefined) return;
    throw new TestTasksError(
      `${what} was called within a task, and would wait for that task: call it in the test.`,
    );
  }
}

function endless(generations: number): TestTasksError {
  return new TestTasksError(
    `Calls that ran submitted calls, which submitted calls, ${generations} times in a row: does a task submit itself? ` +
      `If that ends, give drain() a larger maxGenerations; else use runNext() to run a number of them.`,
  );
}

function tooDeep({ task, queue }: CallRecord): TestTasksError {
  return new TestTasksError(
    `Task '${task}' on queue '${queue}' was to run within ${DEEPEST} other calls: does a task submit itself? ` +
      `In mode 'manual' a submit does not run anything.`,
  );
}
