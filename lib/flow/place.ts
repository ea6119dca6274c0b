import { AsyncResource } from 'node:async_hooks';
import { asPromise, follow } from '../pool/thenable.js';
import { TaskSignal, type FlowFunction } from './context.js';

/** What a place needs of its flow. */
export interface PlaceOwner<R> {
  ended(place: Place<R>): void;
  value(value: R, index: number): void;
  failed(error: unknown): void;
}

/**
 * One of the `maxAtOnce` places, used for one task after the other. The callbacks are made once for each place,
 * not for each task.
 */
export class Place<R> {
  readonly #owner: PlaceOwner<R>;
  #index = 0;
  /** Of the task that is here now. */
  #context: TaskSignal | undefined = undefined;

  constructor(owner: PlaceOwner<R>) {
    this.#owner = owner;
  }

  /**
   * Runs the task in the async context of whoever calls this, in a resource of its own: what it changes there
   * (`enterWith`) must not reach the next task. The promise is followed outside of it, for the same reason.
   */
  start<T>(fn: FlowFunction<T, R>, item: T, index: number): void {
    const context = new TaskSignal();
    this.#context = context;
    this.#index = index;
    try {
      const returned = new AsyncResource('NbFlowTask').runInAsyncScope<undefined, unknown>(
        fn as (this: undefined, ...args: unknown[]) => unknown,
        undefined,
        item,
        context,
      );
      const promise = asPromise(returned);
      if (promise === undefined) this.#onDone(returned);
      else follow(promise, this.#onDone, this.#onFailed);
    } catch (error) {
      this.#onFailed(error);
    }
  }

  abort(reason: unknown): void {
    this.#context?.abort(reason);
  }

  readonly #onDone = (value: unknown): void => {
    this.#context = undefined;
    const index = this.#index;
    this.#owner.ended(this);
    this.#owner.value(value as R, index);
  };

  readonly #onFailed = (error: unknown): void => {
    this.#context = undefined;
    this.#owner.ended(this);
    this.#owner.failed(error);
  };
}
