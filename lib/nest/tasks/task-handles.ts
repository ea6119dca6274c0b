import { resolveTask, TaskHandle } from '../../queue/index.js';
import type { Connection } from '../core/connection.js';
import { TaskUnknownError } from '../errors.js';
import { isLifecycleHook } from '../lifecycle-hooks.js';
import { hasTask, methodNames, readTasks, type TaskClass, type TaskMethod } from './task-metadata.js';
import { connectionOf } from './task-options.js';

/** Makes the `Tasks` objects of one application. */
export class TaskHandles {
  private readonly made = new Map<TaskClass, object>();

  /** The one `Tasks` object of a class. @throws TaskUnknownError if it has no task */
  of(task: TaskClass, find: (connection: string) => Connection): object {
    const tasks = this.made.get(task) ?? makeTasks(task, find);
    this.made.set(task, tasks);
    return tasks;
  }
}

function makeTasks(task: TaskClass, find: (connection: string) => Connection): object {
  const prototype = task.prototype as object;
  const methods = readTasks(prototype);
  if (methods.length === 0) throw noTasks(task);
  const tasks = {};
  for (const each of methods) {
    const value = makeHandle(each, find(connectionOf(each.options)));
    Object.defineProperty(tasks, each.method, { value, enumerable: true });
  }
  for (const method of methodNames(prototype)) {
    // Nest looks for its hooks on every provider, and a value with `then` would be awaited.
    if (hasTask(prototype, method) || isLifecycleHook(method) || method === 'then') continue;
    Object.defineProperty(tasks, method, { get: () => refuse(task, method) });
  }
  return tasks;
}

function makeHandle({ method, options }: TaskMethod, connection: Connection): TaskHandle<never[], unknown> {
  const settings = resolveTask(options, method, connection.options.defaults);
  return new TaskHandle(connection.broker.queue(settings.queue), settings);
}

export function noTasks(task: TaskClass, asker?: string): TaskUnknownError {
  return new TaskUnknownError(
    `${asker === undefined ? 'Tasks' : `${asker}: the tasks`} of ${task.name} were asked for, but it has none: ` +
      `decorate its async methods with @AioTask.`,
  );
}

function refuse(task: TaskClass, method: string): never {
  throw new TaskUnknownError(
    `${task.name}.${method} is no task: decorate it with @AioTask, or call the method itself.`,
  );
}
