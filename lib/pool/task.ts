import type { NbError } from '../errors.js';
import { callable, check } from '../options.js';
import { KeptContext } from './async-context.js';
import { TaskCancelledError } from './errors.js';
import { echoes, type Failures } from './failures.js';
import { PoolFuture, type TaskState } from './future.js';
import { untie, type Knotted } from './knots.js';
import type { Linked, LinkedList } from './linked-list.js';
import type { TaskFunction } from './task-context.js';
import type { TaskRun } from './task-run.js';
import { Terms } from './terms.js';
import type { Ties } from './ties.js';

/** What a task needs of its pool. */
export interface TaskOwner extends Knotted {
  readonly name: string;
  readonly context: boolean;
  readonly failures: Failures;
  /** Tasks that have not ended though their future is settled. */
  overdue: number;
  /** Somebody waits for the outcome of this task, which has not ended. Without a context nobody is known to. */
  awaited(task: Task): void;
  /** Takes the task, which has no slot yet, out of its line and ends it. */
  drop(task: Task, error: Error): void;
}

/** The promise of a submitter that waits for room. */
interface Submitter {
  resolve(task: Task): void;
  reject(error: Error): void;
}

/** Declared as a method, which leaves a `Task<number>` a `Task<unknown>`, as a promise's own functions do. */
type Settle<T> = { settle(value: T): void }['settle'];

/** The record of one task, and the future that its submitter holds: one object, for it is made a million times. */
export class Task<T = unknown> extends PoolFuture<T> implements Linked<Task> {
  state: TaskState = 'waiting';
  /** The value once it is done, the error once it has failed or was cancelled. */
  #outcome: unknown = undefined;
  fn: TaskFunction<T> | undefined;
  readonly owner: TaskOwner;
  /** While it is on a slot. */
  run: TaskRun | undefined = undefined;
  /** What it was submitted with, where that is anything. */
  terms: Terms | undefined = undefined;

  #promise: Promise<T> | undefined = undefined;
  #resolve: Settle<T> | undefined = undefined;
  #reject: Settle<unknown> | undefined = undefined;

  /** The list that it waits in, and its neighbours there. */
  list: LinkedList<Task> | undefined = undefined;
  previous: Task | undefined = undefined;
  next: Task | undefined = undefined;

  /** The submitter's async context, kept while the task waits. */
  kept: KeptContext | undefined = undefined;
  /** Set while the task is blocked: not accepted yet, and its submitter is waiting. */
  submitter: Submitter | undefined = undefined;
  /** To runs that wait for it. */
  ties: Ties | undefined = undefined;
  /** Takes the outcome instead of a promise, synchronously; it must not throw. */
  watcher: ((task: Task) => void) | undefined = undefined;
  /** Its submitter cannot ask yet: do not report a failure before `letGo()`. */
  held = false;

  constructor(owner: TaskOwner, fn: TaskFunction<T>) {
    super();
    this.owner = owner;
    this.fn = fn;
  }

  /** Once done. */
  get value(): T {
    return this.#outcome as T;
  }

  /** Once failed or cancelled. */
  get error(): unknown {
    return this.#outcome;
  }

  /** Whether somebody will get the outcome. */
  get asked(): boolean {
    return this.#promise !== undefined || this.watcher !== undefined;
  }

  get priority(): number {
    return this.terms === undefined ? 0 : this.terms.priority;
  }

  result(): Promise<T> {
    const promise = this.ask();
    // The pool asks for the context too; to ask here first saves each task without one the call.
    if (this.owner.context && this.isOpen) this.owner.awaited(this);
    return promise;
  }

  /** The promise of `result()`, for one who tells the pool that somebody waits. */
  ask(): Promise<T> {
    return (this.#promise ??= this.#createPromise());
  }

  onDone(callback: (future: PoolFuture<T>) => unknown): void {
    if (typeof callback !== 'function') check(this.owner.name, 'the callback of onDone', callback, callable);
    this.terms ??= new Terms();
    // The promise keeps the caller's async context, and the order of the calls.
    void this.terms
      .whenEnded(this)
      .then(() => callback(this))
      .catch((error: unknown) => this.owner.failures.reportOther('onDone', error, this));
  }

  cancel(reason?: unknown): boolean {
    return this.isOpen && this.cancelWith(TaskCancelledError.byCaller(this.owner.name, reason));
  }

  /** False when it has ended, or was cancelled before. */
  cancelWith(error: TaskCancelledError): boolean {
    if (!this.isOpen) return false;
    if (this.state === 'waiting') this.owner.drop(this, error);
    else this.endEarly('cancelled', error);
    return true;
  }

  get isOpen(): boolean {
    return this.state === 'waiting' || this.state === 'running';
  }

  /** Settles the future of a running task; its signal is aborted, and its slot is its own until it really ends. */
  endEarly(state: 'failed' | 'cancelled', error: NbError): void {
    const { run } = this;
    this.owner.overdue++;
    if (state === 'cancelled') {
      this.#promise?.catch(ignore);
      this.#end(state, error);
    } else {
      this.#fail(error);
    }
    run?.abort(error);
  }

  #createPromise(): Promise<T> {
    if (this.state === 'done') return Promise.resolve(this.value);
    if (this.state === 'failed') return Promise.reject(this.error);
    const promise = new Promise<T>(takeSettlers);
    if (this.state === 'cancelled') {
      promise.catch(ignore);
      takenReject(this.error);
    } else {
      this.#resolve = takenResolve;
      this.#reject = takenReject;
    }
    // They hold the promise, which holds the value.
    takenResolve = takenReject = ignore;
    return promise;
  }

  /** Keeps the submitter's async context until the task gets its slot. */
  keepContext(): void {
    this.kept = new KeptContext();
  }

  /** There was room, or the task has ended on its caller's slot. */
  accept(): void {
    this.submitter?.resolve(this);
    this.submitter = undefined;
  }

  done(value: T): void {
    if (this.state !== 'running') return this.#late();
    this.state = 'done';
    this.#outcome = value;
    const resolve = this.#resolve;
    if (resolve !== undefined) {
      this.#resolve = this.#reject = undefined;
      resolve(value);
    }
    if (this.#isMinded) this.#settled();
  }

  fail(error: unknown): void {
    if (this.state === 'running') return this.#fail(error);
    if (!echoes(error, this.error)) this.owner.failures.reportOther('late', error, this);
    this.#late();
  }

  #fail(error: unknown): void {
    if (!this.asked && !this.held) this.owner.failures.reportLater(this);
    this.#end('failed', error);
  }

  /** Its future was settled early, and now it has really ended. What it returned is nobody's any more. */
  #late(): void {
    this.owner.overdue--;
  }

  /** Ends an accepted task that never started. Nobody has to look: its promise is never an unhandled one. */
  drop(error: Error): void {
    this.#promise?.catch(ignore);
    this.refuse(error);
  }

  /** Ends a task that was not accepted. Its submitter has to hear of it. */
  refuse(error: Error): void {
    this.fn = this.kept = undefined;
    this.submitter?.reject(error);
    this.submitter = undefined;
    this.#end('cancelled', error);
  }

  /** The submitter has its future, and this turn of the event loop to ask. */
  letGo(): void {
    this.held = false;
    if (this.state === 'failed' && !this.asked) this.owner.failures.reportLater(this);
  }

  #end(state: 'failed' | 'cancelled', error: unknown): void {
    this.state = state;
    this.#outcome = error;
    const reject = this.#reject;
    this.#resolve = this.#reject = undefined;
    reject?.(error);
    if (this.#isMinded) this.#settled();
  }

  /** Somebody, or something, beside its promise has to hear of its end. */
  get #isMinded(): boolean {
    return (
      this.ties !== undefined ||
      this.terms !== undefined ||
      this.submitter !== undefined ||
      this.watcher !== undefined
    );
  }

  #settled(): void {
    if (this.ties?.waiters !== undefined) this.#freeWaiters(this.ties);
    if (this.terms !== undefined) this.terms.ended(this);
    if (this.submitter !== undefined) this.accept();
    this.watcher?.(this);
  }

  #freeWaiters(ties: Ties): void {
    const { waiters } = ties;
    ties.waiters = undefined;
    for (const waits of waiters!) {
      waits.removeTask(this);
      // What it still waits for may be a circle, which this task kept open.
      untie(waits.run);
    }
  }
}

let takenResolve: Settle<unknown> = ignore;
let takenReject: Settle<unknown> = ignore;

/** One executor for all promises, instead of a closure for each; a constant, so that V8 makes the promise in place. */
const takeSettlers = (resolve: Settle<never>, reject: Settle<unknown>): void => {
  takenResolve = resolve;
  takenReject = reject;
};

function ignore(): void {}
