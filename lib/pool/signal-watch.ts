import { TaskCancelledError } from './errors.js';
import type { Task } from './task.js';

/** The tasks that a signal may cancel. */
interface Watch {
  readonly tasks: Set<Task>;
  readonly listener: () => void;
}

/**
 * One listener for each signal, however many tasks it was given to, and none when the last of them has ended: a
 * listener a task would make Node warn of a leak, and on a signal that lives as long as the process be one.
 */
const watches = new WeakMap<AbortSignal, Watch>();

export function watchSignal(signal: AbortSignal, task: Task): void {
  let watch = watches.get(signal);
  if (watch === undefined) {
    const tasks = new Set<Task>();
    watch = { tasks, listener: () => cancelAll(signal, tasks) };
    watches.set(signal, watch);
    signal.addEventListener('abort', watch.listener, { once: true });
  }
  watch.tasks.add(task);
}

export function unwatchSignal(signal: AbortSignal, task: Task): void {
  const watch = watches.get(signal);
  if (watch === undefined || !watch.tasks.delete(task) || watch.tasks.size > 0) return;
  watches.delete(signal);
  signal.removeEventListener('abort', watch.listener);
}

/**
 * The newest first: a blocked task would otherwise be accepted on the place of a cancelled one, only to be cancelled
 * in turn. One error for all tasks of a pool, since a stack trace for each would take longer than all the rest.
 */
function cancelAll(signal: AbortSignal, tasks: ReadonlySet<Task>): void {
  const errors = new Map<unknown, TaskCancelledError>();
  for (const task of [...tasks].toReversed()) {
    let error = errors.get(task.owner);
    if (error === undefined) {
      error = TaskCancelledError.bySignal(task.owner.name, signal.reason);
      errors.set(task.owner, error);
    }
    task.cancelWith(error);
  }
}
