import { InvalidOptionError } from '../errors.js';
import { quote } from '../options.js';
import { asPromise } from '../pool/thenable.js';
import { timeLimit } from './time-limit.js';

/** Where the items come from: pulled one by one, and only while there is room, so it may be endless. @publicApi */
export type FlowSource<T> = Iterable<T> | AsyncIterable<T>;

/**
 * How long the end of a call waits for a source that is asked for an item at that moment. An async generator
 * begins to clean up only when that item has come, and from a silent source it may never come.
 */
const CLOSING_WAIT = 100;

/** The method that starts an iteration; undefined for what is not iterable. */
export function iteratorMethod(source: unknown): ((this: unknown) => unknown) | undefined {
  if (source === null || source === undefined) return undefined;
  const { [Symbol.asyncIterator]: ofAsync, [Symbol.iterator]: ofSync } = source as Record<symbol, unknown>;
  const method = ofAsync ?? ofSync;
  return typeof method === 'function' ? (method as () => unknown) : undefined;
}

/** One iteration over a source, by the rules of `for await`: who stops early returns the iterator, once. */
export class Iteration<T> {
  readonly #iterator: AsyncIterator<T> | Iterator<T>;
  readonly #async: boolean;
  /** The iterator has said that it is done, or has failed: there is nothing to return any more. */
  #over = false;
  /** A `next()` is under way. */
  #asked = false;

  /** @throws whatever the source throws. */
  constructor(source: FlowSource<T>) {
    this.#async = typeof (source as Partial<AsyncIterable<T>>)[Symbol.asyncIterator] === 'function';
    this.#iterator = iteratorMethod(source)!.call(source) as Iterator<T>;
  }

  /** The next step, or a promise of it; give what it resolves with to `read`. @throws as the source does. */
  next(): IteratorResult<T> | Promise<IteratorResult<T>> {
    this.#asked = true;
    try {
      const step = this.#iterator.next();
      const promise = this.#async ? (asPromise(step) as Promise<IteratorResult<T>>) : undefined;
      if (promise !== undefined) return promise;
      this.#asked = false;
      return step as IteratorResult<T>;
    } catch (error) {
      this.failed();
      throw error;
    }
  }

  /** Whether the step is the last one, which has no item. @throws as the source does. */
  isLast(step: IteratorResult<T>): boolean {
    this.#asked = false;
    try {
      if (typeof step !== 'object' || step === null) throw notAStep(step);
      return (this.#over = Boolean(step.done));
    } catch (error) {
      this.failed();
      throw error;
    }
  }

  /** The promise of the next step was rejected. */
  failed(): void {
    this.#over = true;
    this.#asked = false;
  }

  /**
   * Returns the iterator, unless it is over. Resolves when it has cleaned up; if it was asked for an item at this
   * moment, then after CLOSING_WAIT at the latest. What `return()` raises later than that goes to `onLate`.
   */
  close(onLate: (error: unknown) => void): Promise<void> {
    if (this.#over) return Promise.resolve();
    this.#over = true;
    // A generator that ends the call from its own body cannot be returned before that `next()` is through.
    if (this.#asked && !this.#async) return Promise.resolve().then(() => this.#return());
    const returned = this.#return();
    return this.#asked ? timeLimit(returned, CLOSING_WAIT, onLate) : returned;
  }

  async #return(): Promise<void> {
    const returned = this.#iterator.return?.();
    if (this.#async) await returned;
  }
}

function notAStep(given: unknown): InvalidOptionError {
  return new InvalidOptionError(`the source's next() must give an object, but gave ${quote(given)}.`);
}
