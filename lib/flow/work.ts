import type { FlowFunction } from './context.js';
import type { LateFailures } from './failures.js';
import type { FlowLimits } from './options.js';
import type { FlowSource } from './source.js';

/** Who takes what a flow brings. One of `done` and `failed` is called, once, unless the flow is cancelled. */
export interface Outcome<R> {
  /** Of one task; `index` counts the items of the source. */
  value(value: R, index: number): void;
  /** The source is at its end, and so are all tasks. */
  done(): void;
  /** The first failure; the source is closed. */
  failed(error: unknown): void;
  /** The call's signal was aborted: values that nobody has seen are not wanted any more; `failed` comes. */
  discard(): void;
}

/** What one call runs. */
export interface Work<T, R> {
  /** The name of the function that was called, for messages. */
  readonly call: string;
  readonly fn: FlowFunction<T, R>;
  readonly source: FlowSource<T>;
  readonly limits: FlowLimits;
  readonly late: LateFailures;
}
