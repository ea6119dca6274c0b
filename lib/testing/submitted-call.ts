import type { Tasks } from '../nest/index.js';

/**
 * Where a call is: `ready` to run, `delayed` until the clock is moved, `running`, `done`, `dead` (failed for good), or
 * `cleared` by `clearQueue`.
 *
 * @publicApi
 */
export type CallState = 'ready' | 'delayed' | 'running' | 'done' | 'dead' | 'cleared';

/** A call that was submitted, as it was when it was asked for. @publicApi */
export interface SubmittedCall<A extends readonly unknown[] = readonly unknown[]> {
  /** The same as that of what `submit` answered, and of `AioTaskContext.current()`. */
  readonly id: string;
  /** `Class.method`. */
  readonly task: string;
  readonly queue: string;
  /** The arguments as the task gets them: written and read by its codec. Trailing ones that were undefined are absent. */
  readonly args: A;
  readonly headers: Readonly<Record<string, string>>;
  readonly state: CallState;
  /** Its runs so far, failed ones included. */
  readonly attempts: number;
  /** In how many ms of the clock it is due, if it is delayed. */
  readonly dueIn?: number;
  /** What its last run failed with. */
  readonly error?: unknown;
}

/** The names of a class's tasks. @publicApi */
export type TaskMethod<T> = keyof Tasks<T> & string;

/** The arguments of a task; of an overloaded one (up to four) any of its lists. @publicApi */
export type TaskArguments<F> = F extends {
  (...args: infer A1): Promise<unknown>;
  (...args: infer A2): Promise<unknown>;
  (...args: infer A3): Promise<unknown>;
  (...args: infer A4): Promise<unknown>;
}
  ? A1 | A2 | A3 | A4
  : F extends {
        (...args: infer A1): Promise<unknown>;
        (...args: infer A2): Promise<unknown>;
        (...args: infer A3): Promise<unknown>;
      }
    ? A1 | A2 | A3
    : F extends { (...args: infer A1): Promise<unknown>; (...args: infer A2): Promise<unknown> }
      ? A1 | A2
      : F extends (...args: infer A) => Promise<unknown>
        ? A
        : never;

/** The calls of one method. @publicApi */
export type CallsOf<T, K extends TaskMethod<T>> = SubmittedCall<TaskArguments<T[K & keyof T]>>[];
