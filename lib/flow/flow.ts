import { setImmediate } from 'node:timers';
import { echoes } from '../pool/failures.js';
import { follow } from '../pool/thenable.js';
import { SignalWatch } from '../signal-watch.js';
import { cancelled } from './cancellation.js';
import { DEFAULT_AT_ONCE } from './options.js';
import { Place, type PlaceOwner } from './place.js';
import { RateLimiter } from './rate-limiter.js';
import { Iteration } from './source.js';
import type { Outcome, Work } from './work.js';

/**
 * Items pulled before the event loop gets a turn. Where everything ends in microtasks, no timer and no socket
 * would be served otherwise, so that nothing could abort a flow that has no end.
 */
const ITEMS_A_TURN = 1000;

/**
 * Pulls items from a source and runs a task for each, within the limits. It pulls an item only when there is
 * room to run it, and starts it when its turn has come by the rate.
 */
export class Flow<T, R> implements PlaceOwner<R> {
  /** Items started whose results nobody has taken yet: the outcome counts them down. */
  outstanding = 0;
  readonly #work: Work<T, R>;
  readonly #outcome: Outcome<R>;
  readonly #maxAtOnce: number;
  readonly #limiter: RateLimiter | undefined;
  #iteration: Iteration<T> | undefined = undefined;
  #running = 0;
  #started = 0;
  #pulledThisTurn = 0;
  readonly #places: Place<R>[] = [];
  readonly #free: Place<R>[] = [];
  /** No more is pulled: the source is at its end (`exhausted`), or the flow has failed or is cancelled (`over`). */
  #exhausted = false;
  #over = false;
  /** Waits for the source, for the rate or for the event loop. */
  #busy = false;
  /** Within the loop of `pump`; tasks and sources may call back into it. */
  #pumping = false;
  /** Ends the wait for the rate. */
  readonly #leaveRate = new AbortController();

  constructor(work: Work<T, R>, outcome: Outcome<R>) {
    const { maxAtOnce = DEFAULT_AT_ONCE, maxPerSecond, burst } = work.limits;
    this.#work = work;
    this.#outcome = outcome;
    this.#maxAtOnce = maxAtOnce;
    if (maxPerSecond !== undefined) this.#limiter = new RateLimiter({ maxPerSecond, burst });
  }

  /** Opens the source, and begins. */
  start(): void {
    const { signal } = this.#work.limits;
    if (signal?.aborted === true) return this.abort(signal.reason);
    if (signal !== undefined) watch.add(signal, this);
    try {
      this.#iteration = new Iteration(this.#work.source);
    } catch (error) {
      return this.failed(error);
    }
    this.pump();
  }

  /** Whether `pump` would pull an item. */
  get hasRoom(): boolean {
    return (
      !this.#busy &&
      !this.#exhausted &&
      !this.#over &&
      this.#running < this.#maxAtOnce &&
      this.outstanding < this.#maxAtOnce * 2
    );
  }

  /** Starts what there is room for. */
  pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    while (this.hasRoom) this.#pull();
    this.#pumping = false;
    if (!this.#exhausted || this.#over || this.#busy || this.#running > 0) return;
    this.#stop();
    this.#outcome.done();
  }

  /**
   * Ends it early: aborts the tasks with the reason, and returns the source's iterator. Resolves when that has
   * cleaned up, or rejects as it does; not when the tasks end, which they may never do.
   */
  cancel(reason: unknown): Promise<void> {
    this.#stop();
    this.#leaveRate.abort(reason);
    const closed = this.#iteration?.close(this.#work.late.report) ?? Promise.resolve();
    // Last, for it calls the users' listeners, which may do anything.
    for (const place of this.#places) place.abort(reason);
    return closed;
  }

  /** The call's signal is aborted. */
  abort(reason: unknown): void {
    this.#outcome.discard();
    this.#end(reason, reason);
  }

  ended(place: Place<R>): void {
    this.#running--;
    this.#free.push(place);
  }

  value(value: R, index: number): void {
    if (this.#over) return;
    this.#outcome.value(value, index);
    this.pump();
  }

  /** Of a task or of the source. The first failure ends the flow. */
  readonly failed = (error: unknown): void => {
    if (!this.#over)
      return this.#end(error, cancelled(this.#work.call, 'a task or the source failed', error));
    if (!echoes(error, this.#leaveRate.signal.reason)) this.#work.late.report(error);
  };

  #stop(): void {
    this.#over = true;
    const { signal } = this.#work.limits;
    if (signal !== undefined) watch.delete(signal, this);
  }

  #end(error: unknown, reason: unknown): void {
    void this.cancel(reason)
      .catch(this.#work.late.report)
      .then(() => this.#outcome.failed(error));
  }

  #pull(): void {
    if (this.#pulledThisTurn++ === ITEMS_A_TURN) {
      this.#pulledThisTurn = 0;
      this.#busy = true;
      setImmediate(this.#resume);
      return;
    }
    try {
      const step = this.#iteration!.next();
      if (!(step instanceof Promise)) return this.#take(step);
      this.#busy = true;
      follow(step, this.#onStep, this.#onSourceFailed);
    } catch (error) {
      this.failed(error);
    }
  }

  readonly #onStep = (step: unknown): void => {
    this.#busy = false;
    try {
      this.#take(step as IteratorResult<T>);
    } catch (error) {
      this.failed(error);
    }
    this.pump();
  };

  readonly #onSourceFailed = (error: unknown): void => {
    this.#busy = false;
    this.#iteration!.failed();
    this.failed(error);
  };

  readonly #resume = (): void => {
    this.#busy = false;
    this.pump();
  };

  /** @throws as the source does. */
  #take(step: IteratorResult<T>): void {
    this.#exhausted = this.#iteration!.isLast(step);
    if (this.#exhausted) return;
    const item = step.value as T;
    if (this.#over) return;
    if (this.#limiter === undefined || this.#limiter.tryTake()) return this.#run(item);
    this.#busy = true;
    follow(
      this.#limiter.take(this.#leaveRate.signal),
      () => {
        this.#busy = false;
        this.#run(item);
        this.pump();
      },
      ignoreLeaving,
    );
  }

  #run(item: T): void {
    // Between the grant and this microtask the flow may have ended.
    if (this.#over) return;
    this.#running++;
    this.outstanding++;
    (this.#free.pop() ?? this.#newPlace()).start(this.#work.fn, item, this.#started++);
  }

  #newPlace(): Place<R> {
    const place = new Place<R>(this);
    this.#places.push(place);
    return place;
  }
}

/** All flows that a signal may end. */
const watch = new SignalWatch<{ abort(reason: unknown): void }>((flows, signal) => {
  for (const flow of flows) flow.abort(signal.reason);
});

/** Only this flow aborts that wait, and it knows. */
function ignoreLeaving(): void {}
