import { PoolClosedError, TaskCancelledError } from './errors.js';
import type { Failures } from './failures.js';
import { IdleWaiters, type Load } from './idle.js';
import { Lending, type Lender } from './lending.js';
import { LinkedList } from './linked-list.js';
import { Slot } from './slot.js';
import type { PoolStats } from './stats.js';
import type { Task, TaskOwner } from './task.js';
import type { TaskRun } from './task-run.js';
import { dropWishes } from './wishes.js';

export interface Limits {
  readonly name: string;
  readonly maxConcurrency: number;
  readonly maxQueueSize: number;
  readonly context: boolean;
}

/**
 * Decides which task runs on which slot, and when. Between two calls this always holds: while a slot is free
 * nothing waits, and while the queue has room nobody is blocked.
 */
export class Scheduler implements TaskOwner, Lender, Load {
  readonly context: boolean;
  readonly failures: Failures;
  readonly waiting = new LinkedList<Task>();
  readonly blocked = new LinkedList<Task>();
  running = 0;
  closed = false;
  readonly #limits: Limits;
  readonly #lending: Lending = new Lending(this);
  readonly #idle: IdleWaiters = new IdleWaiters(this);
  readonly #slots: Slot[] = [];
  readonly #free: Slot[] = [];

  constructor(limits: Limits, failures: Failures) {
    this.#limits = limits;
    this.context = limits.context;
    this.failures = failures;
  }

  get lending(): number {
    return this.#lending.count;
  }

  stats(): PoolStats {
    const { name, maxConcurrency, maxQueueSize } = this.#limits;
    const { running, lending, closed } = this;
    const waiting = this.waiting.size;
    const blocked = this.blocked.size;
    return Object.freeze({ name, running, lending, waiting, blocked, maxConcurrency, maxQueueSize, closed });
  }

  /** Takes the task if there is room for it; never waits. */
  accept(task: Task): boolean {
    if (this.running < this.#limits.maxConcurrency) {
      this.running++;
      this.#use(this.#free.pop() ?? this.#newSlot(), task);
      return true;
    }
    if (this.waiting.size >= this.#limits.maxQueueSize) return false;
    this.#append(this.waiting, task);
    return true;
  }

  /** For a task that was not accepted: it waits in line for room, or starts on the slot of its own caller. */
  block(task: Task): void {
    this.#append(this.blocked, task);
    if (task.state === 'waiting') this.awaited(task);
  }

  /** Takes back a blocked task. */
  withdraw(task: Task, error: Error): void {
    if (task.list !== this.blocked) return;
    this.take(task);
    task.refuse(error);
  }

  awaited(task: Task): void {
    if (this.context) this.#lending.awaited(task);
  }

  ended(slot: Slot, run: TaskRun): void {
    this.#idle.parked.delete(slot);
    this.#lending.ended(slot, run);
    if (slot.vacated) this.#idle.check();
  }

  release(slot: Slot): void {
    const free = this.#lending.giveBack(slot);
    if (free === undefined) return this.#idle.check();
    const next = this.#next();
    if (next === undefined) this.#setFree(free);
    else this.#use(free, next);
  }

  nextForParked(holder: Slot): Task | undefined {
    return this.#idle.parked.has(holder) ? (this.waiting.first ?? this.blocked.first) : undefined;
  }

  /** Takes the task out of its line; the first of the blocked ones takes the place that it leaves. */
  take(task: Task): void {
    dropWishes(task);
    task.list!.remove(task);
    if (this.blocked.size === 0 || this.waiting.size >= this.#limits.maxQueueSize) return;
    const admitted = this.blocked.shift()!;
    this.waiting.push(admitted);
    // It has what it waited for; only a submitter that also wants the outcome goes on waiting.
    if (!admitted.asked) dropWishes(admitted);
    admitted.accept();
  }

  /** Waits until nothing runs, waits or is blocked, the caller and those who wait for it not counted. */
  idle(): Promise<void> {
    const idle = this.#idle.wait();
    this.#serveParked();
    this.#idle.check();
    return idle;
  }

  /** No new tasks; whoever waits for room hears so. */
  close(): void {
    this.closed = true;
    const error = PoolClosedError.of(this.stats());
    while (this.blocked.first !== undefined) this.withdraw(this.blocked.first, error);
  }

  /** Cancels what waits, and aborts what runs. */
  cancel(): void {
    const error = TaskCancelledError.byShutdown(this.stats());
    for (let task = this.waiting.first; task !== undefined; task = this.waiting.first) {
      this.take(task);
      task.cancel(error);
    }
    // First find all, then abort: that calls the users' listeners, which may do anything.
    const runs = this.#slots.flatMap((slot) => [...slot.stack()].map((each) => each.run));
    for (const run of runs) run?.abort(error);
    this.#idle.check();
  }

  #newSlot(): Slot {
    const slot = new Slot(this);
    this.#slots.push(slot);
    return slot;
  }

  /** Runs the task on the slot, and then what comes next, for as long as tasks end at once. */
  #use(slot: Slot, task: Task): void {
    for (let next: Task | undefined = task; next !== undefined; next = this.#next()) {
      if (!slot.start(next)) return;
    }
    this.#setFree(slot);
  }

  #setFree(slot: Slot): void {
    this.running--;
    this.#free.push(slot);
    this.#idle.check();
  }

  /** The task that is next for a free slot. */
  #next(): Task | undefined {
    const task = this.waiting.first ?? this.blocked.first;
    if (task === undefined) return undefined;
    this.take(task);
    task.accept();
    return task;
  }

  #append(list: LinkedList<Task>, task: Task): void {
    task.keepContext();
    list.push(task);
    if (this.#idle.parked.size > 0) this.#serveParked();
  }

  #serveParked(): void {
    for (const slot of this.#idle.parked) this.#lending.serve(slot);
  }
}
