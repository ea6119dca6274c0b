import { currentRun } from './async-context.js';
import { PoolClosedError, TaskCancelledError } from './errors.js';
import type { Failures } from './failures.js';
import { IdleWaiters, type Load } from './idle.js';
import { untie } from './knots.js';
import { Lending, type Lender } from './lending.js';
import type { TaskObserver } from './observer.js';
import { PriorityLine } from './priority-line.js';
import { RoomWaiters, type Rooms } from './room.js';
import type { Slot } from './slot.js';
import { Slots } from './slots.js';
import type { PoolStats } from './stats.js';
import type { Task, TaskOwner } from './task.js';
import type { TaskRun } from './task-run.js';
import { mayBeTied } from './waits.js';
import { abandonWishes, fulfilWishes } from './wishes.js';

export interface Limits {
  readonly name: string;
  readonly maxConcurrency: number;
  readonly maxQueueSize: number;
  readonly context: boolean;
}

/**
 * Decides which task runs on which slot, and when. Between two calls this always holds: while a slot is free
 * nothing waits (unless the pool is paused), and while the queue has room nobody is blocked.
 */
export class Scheduler implements TaskOwner, Lender, Load, Rooms {
  readonly name: string;
  readonly context: boolean;
  readonly failures: Failures;
  readonly waiting = new PriorityLine();
  readonly blocked = new PriorityLine();
  observers: readonly TaskObserver[] | undefined = undefined;
  running = 0;
  overdue = 0;
  paused = false;
  closed = false;
  #ended = false;
  #maxConcurrency: number;
  /** The slots in use up to which a task may start at once; apart from `maxConcurrency` while that changes. */
  #open: number;
  readonly #maxQueueSize: number;
  readonly #lending: Lending = new Lending(this);
  readonly #idle: IdleWaiters = new IdleWaiters(this);
  readonly #room: RoomWaiters = new RoomWaiters(this);
  readonly #slots: Slots = new Slots(this);

  constructor({ name, maxConcurrency, maxQueueSize, context }: Limits, failures: Failures) {
    this.name = name;
    this.#maxConcurrency = this.#open = maxConcurrency;
    this.#maxQueueSize = maxQueueSize;
    this.context = context;
    this.failures = failures;
  }

  get lending(): number {
    return this.#lending.count;
  }

  get room(): number {
    if (this.blocked.size > 0) return 0;
    return Math.max(0, this.#open - this.running) + this.#maxQueueSize - this.waiting.size;
  }

  get maxConcurrency(): number {
    return this.#maxConcurrency;
  }

  set maxConcurrency(limit: number) {
    this.#maxConcurrency = limit;
    this.#fill();
  }

  stats(): PoolStats {
    const { name, running, lending, overdue, paused, closed } = this;
    const waiting = this.waiting.size;
    const blocked = this.blocked.size;
    const limits = { maxConcurrency: this.#maxConcurrency, maxQueueSize: this.#maxQueueSize };
    return Object.freeze({ name, running, lending, overdue, waiting, blocked, ...limits, paused, closed });
  }

  /** Takes the task if there is room for it; never waits. */
  accept(task: Task): boolean {
    if (this.running < this.#open) {
      this.running++;
      const slot = this.#slots.take();
      if (slot.start(task)) this.#serve(slot);
      return true;
    }
    if (this.waiting.size >= this.#maxQueueSize) return false;
    this.#append(this.waiting, task);
    return true;
  }

  /** For a task that was not accepted: it waits in line for room, or starts on the slot of its own caller. */
  block(task: Task): void {
    this.#append(this.blocked, task);
    if (task.state === 'waiting') this.awaitedHere(task);
  }

  /** Takes back a blocked task. */
  withdraw(task: Task, error: Error): void {
    if (task.list === this.blocked) this.drop(task, error);
  }

  drop(task: Task, error: Error): void {
    const accepted = task.list !== this.blocked;
    abandonWishes(task);
    this.take(task);
    if (accepted) task.drop(error);
    else task.refuse(error);
    this.#idle.check();
  }

  awaited(task: Task): void {
    if (this.context) this.#awaitedBy(currentRun(), task);
  }

  /** As `awaited`, of a task that is submitted just now. */
  awaitedHere(task: Task): void {
    if (this.context) this.#awaitedBy(task.kept === undefined ? currentRun() : task.kept.run, task);
  }

  #awaitedBy(waiting: TaskRun | undefined, task: Task): void {
    const run = waiting?.live;
    if (run === undefined) return;
    this.#lending.awaited(task, run);
    if (this.#idle.anyParked && this.#idle.joins(run, task)) this.#settleIdle();
  }

  /** Has each condition of what `ended` calls: `IdleWaiters.leave` and `Lending.ended`. */
  minds(slot: Slot, run: TaskRun): boolean {
    return run.isTied || slot.wishes !== undefined || this.#idle.anyParked;
  }

  ended(slot: Slot, run: TaskRun): void {
    this.#idle.leave(slot);
    this.#lending.ended(slot, run);
    if (slot.vacated) this.#idle.check();
  }

  release(slot: Slot): void {
    const free = slot.lender === undefined ? slot : this.#lending.giveBack(slot);
    if (free === undefined) return this.#idle.check();
    this.#serve(free);
  }

  get goesOn(): boolean {
    return this.paused || this.#slots.goOn(this.running);
  }

  get likely(): TaskRun | undefined {
    return this.#slots.likely;
  }

  tops(): Iterable<TaskRun> {
    return this.#slots.tops();
  }

  lendAny(task: Task): TaskRun | undefined {
    const [run] = this.tops();
    if (run !== undefined) this.#lending.lend(run.slot!, this.#takeAccepted(task));
    return run;
  }

  nextForParked(holder: Slot): Task | undefined {
    const task = this.#idle.isParked(holder) ? this.#first() : undefined;
    return task && this.#takeAccepted(task);
  }

  /** Takes the task out of its line; the first of the blocked ones takes the place that it leaves. */
  take(task: Task): void {
    if (task.ties !== undefined) fulfilWishes(task);
    task.list!.remove(task);
    if (this.waiting.size < this.#maxQueueSize) this.#admit();
  }

  /** There is room in the queue. */
  #admit(): void {
    if (this.blocked.size === 0) return this.#room.check();
    const admitted = this.blocked.shift()!;
    this.waiting.push(admitted);
    // It has what it waited for; only a submitter that also wants the outcome goes on waiting.
    if (!admitted.asked) abandonWishes(admitted);
    admitted.accept();
  }

  /** Waits until nothing runs, waits or is blocked, the caller and those who wait for it not counted. */
  idle(): Promise<void> {
    const idle = this.#idle.wait();
    this.#settleIdle();
    return idle;
  }

  #settleIdle(): void {
    this.#serveParked();
    this.#idle.check();
  }

  whenRoom(): Promise<void> {
    return this.#room.wait(this.closed);
  }

  /** Copied on each change, so that one who leaves within a call disturbs no other. */
  addObserver(observer: TaskObserver): () => void {
    this.observers = [...(this.observers ?? []), observer];
    if (this.#ended) queueMicrotask(() => observer.poolEnded?.());
    return () => {
      const left = this.observers?.filter((each) => each !== observer) ?? [];
      this.observers = left.length === 0 ? undefined : left;
    };
  }

  /** No new tasks; whoever waits for room hears so. */
  close(): void {
    this.closed = true;
    const error = PoolClosedError.of(this.stats());
    while (this.blocked.first !== undefined) this.drop(this.blocked.first, error);
    this.#room.close(error);
  }

  /** Closed, and the last task has ended. */
  end(): void {
    this.#ended = true;
    for (const observer of this.observers ?? []) observer.poolEnded?.();
  }

  /** Starts nothing new, neither on a free slot nor on a lent one. */
  pause(): void {
    this.paused = true;
    this.#open = 0;
  }

  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    for (const slot of this.#slots.all()) this.#lending.serve(slot);
    this.#fill();
    // What ended at once on a lent slot may have been the last.
    this.#idle.check();
    // While it was paused its tasks were taken to wait for the resume only.
    this.#untie();
  }

  /** Cancels what waits, and aborts what runs. */
  cancel(): void {
    const error = TaskCancelledError.byShutdown(this.stats());
    for (let task = this.waiting.first; task !== undefined; task = this.waiting.first) {
      abandonWishes(task);
      this.take(task);
      task.drop(error);
    }
    // First find all, then abort: that calls the users' listeners, which may do anything.
    const runs = this.#slots.all().map((slot) => slot.run);
    for (const run of runs) run?.abort(error);
    this.#idle.check();
  }

  /** Runs what comes next on the slot, for as long as tasks end at once. */
  #serve(slot: Slot): void {
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      if (!slot.start(next)) return;
    }
    this.#setFree(slot);
  }

  #setFree(slot: Slot): void {
    this.running--;
    this.#slots.free(slot);
    // A slot too many: those who wait for one now wait for the tasks on the others.
    if (this.waiting.size > 0 || this.blocked.size > 0 || this.#room.any) this.#untie();
    this.#idle.check();
    this.#room.check();
  }

  /** Starts what waits on slots that were not there, or not in use, before. */
  #fill(): void {
    this.#open = Math.min(this.#open, this.#maxConcurrency);
    while (this.running < this.#maxConcurrency && !this.paused) {
      // What starts here may submit at once, and that must not overtake what waits.
      this.#open = Math.max(this.#open, ++this.running);
      const task = this.#next();
      if (task === undefined) {
        this.running--;
        break;
      }
      const slot = this.#slots.take();
      if (slot.start(task)) this.#serve(slot);
    }
    this.#open = this.paused ? 0 : this.#maxConcurrency;
    this.#room.check();
  }

  /** The task that is next for a slot; undefined also when there are more slots in use than there may be. */
  #next(): Task | undefined {
    if (this.running > this.#open) return undefined;
    const task = this.blocked.size === 0 ? this.waiting.first : this.#first();
    return task && this.#takeAccepted(task);
  }

  /** For a slot that is not its caller's: the submitter of a blocked task has what it waited for. */
  #takeAccepted(task: Task): Task {
    this.take(task);
    if (task.submitter !== undefined) task.accept();
    return task;
  }

  /** Only a priority brings a blocked task before a waiting one. */
  #first(): Task | undefined {
    const waiting = this.waiting.first;
    const blocked = this.blocked.first;
    if (waiting === undefined || blocked === undefined) return waiting ?? blocked;
    return blocked.priority > waiting.priority ? blocked : waiting;
  }

  #append(line: PriorityLine, task: Task): void {
    if (this.context) task.keepContext();
    line.push(task);
    if (this.#idle.anyParked) this.#serveParked();
  }

  #untie(): void {
    if (!mayBeTied()) return;
    for (const run of this.tops()) untie(run);
  }

  #serveParked(): void {
    for (const slot of this.#idle.parked) this.#lending.serve(slot);
  }
}
