import type { Linked, LinkedList } from '../pool/linked-list.js';
import { check, milliseconds } from '../options.js';
import { ExecutorTimeoutError } from './errors.js';
import { ExecutorFuture, type CallState } from './future.js';

/** What a call needs of its executor. */
export interface CallOwner {
  readonly name: string;
  /** Takes in what has come from the threads, without waiting. */
  refresh(): void;
  hasStarted(call: Call): boolean;
  /** Blocks until `done`; false when the time is over first. */
  waitUntil(done: () => boolean, timeout: number | undefined): boolean;
  /** The call failed, and so far nobody wants to know. */
  failedUnasked(call: Call): void;
}

interface Settlers<T> {
  resolve(value: T): void;
  reject(error: unknown): void;
}

/** The record of one call, and the future that its submitter holds. */
export class Call<T = unknown> extends ExecutorFuture<T> implements Linked<Call> {
  readonly owner: CallOwner;
  readonly fn: string;
  /** Kept while they may have to be sent once more: a copy that the submitter cannot change. */
  args: readonly unknown[] | undefined = undefined;
  /** Its place in the order of its thread's calls, from 1 on; 0 before it is posted. */
  number = 0;
  thread = -1;
  /** How often its thread died while this was the next call to start, and none ran. */
  suspicions = 0;
  value: T | undefined = undefined;
  error: unknown = undefined;

  /** Somebody has, or is about to get, the outcome. */
  asked = false;
  #ended: 'done' | 'failed' | undefined = undefined;
  #settlers: Settlers<T> | undefined = undefined;

  list: LinkedList<Call> | undefined = undefined;
  previous: Call | undefined = undefined;
  next: Call | undefined = undefined;

  constructor(owner: CallOwner, fn: string) {
    super();
    this.owner = owner;
    this.fn = fn;
  }

  /** Its thread died before it started. */
  move(): void {
    this.number = 0;
    this.thread = -1;
  }

  get ended(): boolean {
    return this.#ended !== undefined;
  }

  /** Whether it is a call of `run`, so that nobody holds its future. */
  get isRun(): boolean {
    return this.#settlers !== undefined;
  }

  get state(): CallState {
    if (!this.ended) this.owner.refresh();
    return this.#ended ?? (this.owner.hasStarted(this) ? 'running' : 'waiting');
  }

  result(timeout?: number): T {
    if (timeout !== undefined) check('result', 'the timeout', timeout, milliseconds(0));
    this.asked = true;
    if (!this.ended && !this.owner.waitUntil(() => this.ended, timeout)) {
      // Whoever asked has not been told: a failure must not get lost.
      this.asked = false;
      throw new ExecutorTimeoutError(
        `${this.owner.name}: '${this.fn}' has not ended within ${timeout} ms; it goes on, and result() may be called again.`,
      );
    }
    if (this.#ended === 'failed') throw this.error;
    return this.value as T;
  }

  /** For `run`: the outcome as a promise. To be called once, before the call ends. */
  promise(): Promise<T> {
    this.asked = true;
    return new Promise((resolve, reject) => {
      this.#settlers = { resolve, reject };
    });
  }

  done(value: unknown): void {
    this.#ended = 'done';
    this.value = value as T;
    this.args = undefined;
    this.#settlers?.resolve(value as T);
  }

  fail(error: unknown): void {
    this.#ended = 'failed';
    this.error = error;
    this.args = undefined;
    this.#settlers?.reject(error);
    if (!this.asked) this.owner.failedUnasked(this);
  }
}
