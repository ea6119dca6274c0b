import { callOutside, callWithin, currentRun, enter, isFollowed } from './async-context.js';
import { forgetWishers, noteWishers, type Wish } from './wishes.js';
import type { LinkedList } from './linked-list.js';
import { endingOf, type Ending, type TaskObserver } from './observer.js';
import type { Task } from './task.js';
import { TaskRun } from './task-run.js';
import { asPromise, nativeThen } from './thenable.js';

/** What a slot needs of its scheduler. */
export interface SlotOwner {
  readonly context: boolean;
  readonly running: number;
  /** Undefined when nobody observes: then nothing is measured. */
  readonly observers: readonly TaskObserver[] | undefined;
  /** The task has ended, and nothing else runs on the slot. */
  release(slot: Slot): void;
  /** Whether `ended` would do anything for a slot that is not lent. */
  minds(slot: Slot, run: TaskRun): boolean;
  /** The task has ended; called before `release`, which may be much later when the slot is lent. */
  ended(slot: Slot, run: TaskRun): void;
}

/** V8 compiles a constant of the module itself in place, and an imported one not: 150 ns a task instead of 180. */
const followPromise = nativeThen;

/**
 * Starts made from within the synchronous part of other starts, in all pools. Beyond the limit a task starts
 * in a microtask instead, or children that submit children would overflow the stack.
 */
let depth = 0;
const MAX_DEPTH = 50;

/**
 * One of the pool's `maxConcurrency` places, used for one task after the other; or such a place on loan: then
 * `lender` is the slot of the task that lends it. The callbacks are made once for each slot, not for each task.
 */
export class Slot {
  readonly owner: SlotOwner;
  readonly lender: Slot | undefined;
  /** The slot of the child that this one is lent to. */
  borrower: Slot | undefined = undefined;
  /** The task has ended, but the child that the slot was lent to has not. */
  vacated = false;
  /** Tasks that want to start on this slot while its task waits for them; made when needed. */
  wishes: LinkedList<Wish> | undefined = undefined;
  #task: Task | undefined = undefined;
  /** For observers: when the task started, and beside how many others; 0 when there were none to tell. */
  #startedAt = 0;
  #startedBeside = 0;

  constructor(owner: SlotOwner, lender?: Slot) {
    this.owner = owner;
    this.lender = lender;
  }

  /** This slot, and those that it is lent to in turn. */
  *stack(): Generator<Slot> {
    yield this;
    for (let each = this.borrower; each !== undefined; each = each.borrower) yield each;
  }

  /** The slot that is in use: this one, or the last of those that it is lent to. */
  get top(): Slot {
    // oxlint-disable-next-line typescript/no-this-alias
    let top: Slot = this;
    while (top.borrower !== undefined) top = top.borrower;
    return top;
  }

  /** Of the task that is on the slot now. */
  get run(): TaskRun | undefined {
    return this.#task?.run;
  }

  /** The runs that are known to wait for the task's end, its parent apart. */
  get waiters(): Iterable<TaskRun> {
    const waiters = this.#task?.ties?.waiters;
    return waiters === undefined ? [] : Array.from(waiters, ({ run }) => run);
  }

  /** Whether somebody waits for the task that is on the slot. */
  get awaited(): boolean {
    return this.#task !== undefined && (this.#task.asked || this.#task.submitter !== undefined);
  }

  /** Starts the task. True when it has ended already and nothing runs on the slot: then nobody calls `release`. */
  start(task: Task): boolean {
    task.state = 'running';
    this.#task = task;
    task.run = new TaskRun(this);
    if (this.owner.observers !== undefined) this.#note();
    if (depth < MAX_DEPTH) return this.#begin();
    queueMicrotask(() => {
      if (this.#beginLater()) this.owner.release(this);
    });
    return false;
  }

  /** It may have been cancelled meanwhile, and then it never runs. */
  #beginLater(): boolean {
    const task = this.#task!;
    if (task.state === 'running') return this.#begin();
    task.fn = task.kept = undefined;
    if (task.ties !== undefined) forgetWishers(task.ties);
    task.fail(task.error);
    return this.#end();
  }

  #begin(): boolean {
    depth++;
    const ended = this.owner.context
      ? this.#beginInContext()
      : isFollowed()
        ? callOutside(this.#call)
        : this.#invoke();
    depth--;
    return ended;
  }

  #beginInContext(): boolean {
    const task = this.#task!;
    const run = task.run!;
    const { kept } = task;
    if (kept === undefined) {
      run.descendFrom(currentRun());
      return callWithin(run, this.#call);
    }
    task.kept = undefined;
    run.descendFrom(kept.run);
    return kept.runInAsyncScope(this.#callInKept);
  }

  readonly #callInKept = (): boolean => {
    const task = this.#task!;
    if (task.ties !== undefined) noteWishers(task, task.ties);
    enter(task.run!);
    return this.#invoke();
  };

  readonly #call = (): boolean => this.#invoke();

  #invoke(): boolean {
    const task = this.#task!;
    const fn = task.fn!;
    task.fn = undefined;
    if (task.terms !== undefined) task.terms.started(task);
    try {
      const returned = fn(task.run!);
      const promise = asPromise(returned);
      if (promise !== undefined) {
        // Within the task's async context, so that it is not the first task's for as long as the slot is busy.
        void followPromise.call(promise, this.#onDone, this.#onFailed);
        return false;
      }
      task.done(returned);
    } catch (error) {
      task.fail(error);
    }
    return this.#end();
  }

  readonly #onDone = (value: unknown): void => {
    this.#task!.done(value);
    if (this.#end()) this.owner.release(this);
  };

  readonly #onFailed = (error: unknown): void => {
    this.#task!.fail(error);
    if (this.#end()) this.owner.release(this);
  };

  /** True when nothing runs on the slot any more. */
  #end(): boolean {
    const task = this.#task!;
    const run = task.run!;
    this.#task = task.run = undefined;
    run.end();
    // Without a context nothing is lent, and nobody is known to wait.
    if (this.owner.context && (this.borrower !== undefined || this.owner.minds(this, run))) {
      this.vacated = this.borrower !== undefined;
      this.owner.ended(this, run);
    }
    if (this.#startedAt !== 0) this.#tell(endingOf(task));
    return !this.vacated;
  }

  #note(): void {
    this.#startedAt = performance.now();
    this.#startedBeside = this.owner.running;
  }

  #tell(ending: Ending): void {
    const ms = performance.now() - this.#startedAt;
    this.#startedAt = 0;
    for (const observer of this.owner.observers ?? []) observer.ended(ms, ending, this.#startedBeside);
  }
}
