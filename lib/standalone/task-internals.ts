import type { Broker, RunnableTask } from '../queue/index.js';

/** What `batchConsume` needs of a task. */
export interface TaskInternals extends RunnableTask {
  broker(): Broker;
  close(): Promise<void>;
}

/** By the function that `aioTask` answered. */
export const internalsOf = new WeakMap<object, TaskInternals>();
