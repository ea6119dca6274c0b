import { SignalWatch } from '../signal-watch.js';
import { TaskCancelledError } from './errors.js';
import type { Task } from './task.js';

/** The tasks of all pools that a signal may cancel. */
const watch = new SignalWatch<Task>(cancelAll);

export function watchSignal(signal: AbortSignal, task: Task): void {
  watch.add(signal, task);
}

export function unwatchSignal(signal: AbortSignal, task: Task): void {
  watch.delete(signal, task);
}

/**
 * The newest first: a blocked task would otherwise be accepted on the place of a cancelled one, only to be cancelled
 * in turn. One error for all tasks of a pool, since a stack trace for each would take longer than all the rest.
 */
function cancelAll(tasks: ReadonlySet<Task>, signal: AbortSignal): void {
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
