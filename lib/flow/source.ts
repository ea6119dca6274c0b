import { InvalidOptionError } from '../errors.js';
import { quote } from '../options.js';
import { asPromise } from '../pool/thenable.js';
import { unlessSilent } from './silence.js';

/** Where the items come from: pulled one by one, and only while there is room, so it may be endless. @publicApi */
export type FlowSource<T> = Iterable<T> | AsyncIterable<T>;

/**
 * How long the end of a call waits for an item that the source is asked for at that moment. An async generator
 * begins to clean up only when that item has come, and from a silent source it may never come. The clean-up
 * itself has no limit.
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
  /** Tells a `close` that the `next()` under way has been answered. */
  #onAnswer: (() => void) | undefined = undefined;
  #closed: Promise<void> | undefined = undefined;

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
      this.#answered();
      return step as IteratorResult<T>;
    } catch (error) {
      this.failed();
      throw error;
    }
  }

  /** Whether the step is the last one, which has no item. @throws as the source does. */
  isLast(step: IteratorResult<T>): boolean {
    this.#answered();
    try {
      if (typeof step !== 'object' || step === null) throw notAStep(step);
      const last = Boolean(step.done);
      if (last) this.#over = true;
      return last;
    } catch (error) {
      this.failed();
      throw error;
    }
  }

  /** The promise of the next step was rejected. */
  failed(): void {
    this.#over = true;
    this.#answered();
  }

  /**
   * Returns the iterator, unless it is over. Resolves when it has cleaned up; if an item that it was asked for does
   * not come within CLOSING_WAIT, then without it, and what `return()` raises after that goes to `onLate`. Each
   * further call waits for the same, but only the first one rejects.
   */
  close(onLate: (error: unknown) => void): Promise<void> {
    if (this.#closed !== undefined) return this.#closed.catch(rejectedBefore);
    if (this.#over) return Promise.resolve();
    this.#over = true;
    return (this.#closed = this.#close(onLate));
  }

  #close(onLate: (error: unknown) => void): Promise<void> {
    // A generator that ends the call from its own body cannot be returned before that `next()` is through.
    if (this.#asked && !this.#async) return Promise.resolve().then(() => this.#return());
    const returned = this.#return();
    if (!this.#asked) return returned;
    const answered = new Promise<void>((resolve) => (this.#onAnswer = resolve));
    return unlessSilent(returned, answered, CLOSING_WAIT, onLate);
  }

  #answered(): void {
    this.#asked = false;
    this.#onAnswer?.();
  }

  async #return(): Promise<void> {
    const returned = this.#iterator.return?.();
    if (this.#async) await returned;
  }
}

/** The first `close` has delivered it. */
function rejectedBefore(): void {}

function notAStep(given: unknown): InvalidOptionError {
  return new InvalidOptionError(`the source's next() must give an object, but gave ${quote(given)}.`);
}
