import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import type { TaskRun } from './task-run.js';

/**
 * Who is running. One storage for all pools, and not before a task needs it: on Node 20 a storage in use slows
 * down every promise of the process.
 */
let storage: AsyncLocalStorage<TaskRun | undefined> | undefined;

/** The run of the task that this code belongs to; it may have ended. */
export function currentRun(): TaskRun | undefined {
  return storage?.getStore();
}

/** Whether any task runs, or ran, whose async context is followed. */
export function isFollowed(): boolean {
  return storage !== undefined;
}

/** Calls back as a part of `run`. */
export function callWithin<R>(run: TaskRun, callback: () => R): R {
  storage ??= new AsyncLocalStorage();
  return storage.run(run, callback);
}

/**
 * From here on everything in this async resource is a part of `run`. For a resource that nothing else runs in, as a
 * queued task's own: there is nothing to put back, and it takes half the time of `callWithin`.
 */
export function enter(run: TaskRun): void {
  storage ??= new AsyncLocalStorage();
  storage.enterWith(run);
}

/** Calls back as nobody's task: without `context` a pool cannot know whose async context it happens to be in. */
export function callOutside<R>(callback: () => R): R {
  return storage === undefined ? callback() : storage.run(undefined, callback);
}

/** The async context that a waiting task was submitted in, and the run there: each look for that takes time. */
export class KeptContext extends AsyncResource {
  readonly run: TaskRun | undefined;

  constructor() {
    super('NbAioPool');
    this.run = currentRun();
  }
}
