import { AsyncResource } from 'node:async_hooks';
import { cancelled } from './cancellation.js';
import type { FlowFunction } from './context.js';
import { LateFailures } from './failures.js';
import { Flow } from './flow.js';
import { checkCall, type AmapOptions } from './options.js';
import type { FlowSource } from './source.js';
import { ReorderWindow } from './window.js';
import type { Outcome } from './work.js';

/**
 * The results of an `amap`, to loop over once. Leaving the loop, or the block of an `await using`, cancels what
 * runs. On Node 20 and 22 `await using` needs a `target` of TypeScript's that compiles it down, such as ES2023.
 *
 * @publicApi
 */
export interface FlowResults<R> extends AsyncIterableIterator<R, undefined, undefined>, AsyncDisposable {
  return(): Promise<IteratorResult<R, undefined>>;
  [Symbol.asyncIterator](): this;
}

/**
 * Runs `fn` for each item of a source, and gives the results as they become available; aiometer's `amap`.
 * Nothing starts before the loop asks for the first result. At most `maxAtOnce` tasks run, and `2 * maxAtOnce`
 * items are started whose results the loop has not taken yet: a slow loop slows down the tasks, and they the
 * source, which may be endless.
 *
 * The loop throws the first error of a task or of the source, after the results that came before it; or the
 * reason of an aborted `signal`, before any of them. By then, and when the loop is left early, no item is pulled any
 * more, the signals of the running tasks are aborted, and the source's iterator has been returned and has cleaned up.
 * Nobody waits for tasks that run on regardless; what they fail with goes to `onError`.
 *
 * @throws UnknownOptionError, InvalidOptionError
 * @publicApi
 */
export function amap<T, R>(
  fn: FlowFunction<T, R>,
  source: FlowSource<T>,
  options: AmapOptions = {},
): FlowResults<R> {
  checkCall('amap', fn, source, options);
  return new Results(fn, source, options);
}

interface Reader<R> {
  resolve(result: IteratorResult<R, undefined>): void;
  reject(error: unknown): void;
}

class Results<T, R> implements FlowResults<R>, Outcome<R> {
  readonly #flow: Flow<T, R>;
  readonly #late: LateFailures;
  readonly #signal: AbortSignal | undefined;
  readonly #ordered: boolean;
  /** The caller's async context: tasks run in it, whoever takes the results. */
  readonly #caller = new AsyncResource('NbFlow');
  readonly #window = new ReorderWindow<R>();
  #arrived = 0;
  /** Calls of `next()` that wait; there are more than one only if somebody does not wait for the first. */
  readonly #readers = new ReorderWindow<Reader<R>>();
  #asked = 0;
  #state: 'new' | 'open' | 'left' | 'done' | 'failed' = 'new';
  /** Once failed, until a `next()` has thrown it. */
  #error: { readonly error: unknown } | undefined = undefined;
  #closed: Promise<void> | undefined = undefined;

  constructor(fn: FlowFunction<T, R>, source: FlowSource<T>, options: AmapOptions) {
    const { ordered = false, ...limits } = options;
    this.#ordered = ordered;
    this.#signal = limits.signal;
    this.#late = new LateFailures('amap', limits.onError);
    this.#flow = new Flow({ call: 'amap', fn, source, limits, late: this.#late }, this);
  }

  next(): Promise<IteratorResult<R, undefined>> {
    if (this.#window.ready) {
      if (this.#abortedAfterEnd) return Promise.reject(this.#giveUp());
      return Promise.resolve({ value: this.#shift(), done: false });
    }
    if (this.#error !== undefined) return Promise.reject(this.#throwOnce());
    if (this.#state !== 'new' && this.#state !== 'open') return Promise.resolve(END);
    return new Promise((resolve, reject) => {
      this.#readers.put(this.#asked++, { resolve, reject });
      if (this.#state !== 'new') return;
      this.#state = 'open';
      this.#caller.runInAsyncScope(this.#begin);
    });
  }

  async return(): Promise<IteratorResult<R, undefined>> {
    if (this.#error !== undefined) this.#unseen(this.#throwOnce());
    if (this.#state === 'open')
      this.#closed = this.#flow.cancel(cancelled('amap', 'its loop was left early'));
    if (this.#state === 'new' || this.#state === 'open') this.#state = 'left';
    this.#drop();
    this.#finishReaders();
    const closed = this.#closed;
    await closed?.finally(() => (this.#closed = undefined));
    return END;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  value(value: R, index: number): void {
    this.#window.put(this.#ordered ? index : this.#arrived++, value);
    while (this.#window.ready && this.#readers.ready) {
      this.#flow.outstanding--;
      this.#readers.shift().resolve({ value: this.#window.shift(), done: false });
    }
  }

  done(): void {
    this.#state = 'done';
    this.#finishReaders();
  }

  failed(error: unknown): void {
    if (this.#state !== 'open') return this.#unseen(error);
    this.#state = 'failed';
    this.#error = { error };
    if (this.#readers.ready) this.#readers.shift().reject(this.#throwOnce());
    this.#finishReaders();
  }

  discard(): void {
    this.#drop();
  }

  readonly #begin = (): void => this.#flow.start();
  readonly #pump = (): void => this.#flow.pump();

  #shift(): R {
    const value = this.#window.shift();
    this.#flow.outstanding--;
    if (this.#flow.hasRoom) this.#caller.runInAsyncScope(this.#pump);
    return value;
  }

  /** Aborted when all tasks had ended, so that the flow did not listen any more, but not all results were seen. */
  get #abortedAfterEnd(): boolean {
    return this.#signal?.aborted === true && this.#state !== 'open';
  }

  /** Drops the results that nobody has seen. What the loop throws then. */
  #giveUp(): unknown {
    this.#drop();
    return this.#error === undefined ? this.#signal!.reason : this.#throwOnce();
  }

  #throwOnce(): unknown {
    const { error } = this.#error!;
    this.#error = undefined;
    return error;
  }

  /** The loop was left before it could throw this. That the caller's own signal was aborted is no news. */
  #unseen(error: unknown): void {
    if (this.#signal?.aborted !== true || error !== this.#signal.reason) this.#late.report(error);
  }

  #drop(): void {
    while (this.#window.ready) this.#window.shift();
  }

  #finishReaders(): void {
    while (this.#readers.ready) this.#readers.shift().resolve(END);
  }
}

const END: IteratorReturnResult<undefined> = Object.freeze({ value: undefined, done: true });
