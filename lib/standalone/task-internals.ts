import type { Broker, TaskSettings } from '../queue/index.js';

/** What `batchConsume` needs of a task. */
export interface TaskInternals {
  readonly settings: TaskSettings;
  readonly run: (...args: never[]) => unknown;
  broker(): Broker;
  close(): Promise<void>;
}

/** By the function that `aioTask` answered. */
export const internalsOf = new WeakMap<object, TaskInternals>();
