import { resolveTask, TaskHandle, TaskQueue, type Broker, type TaskDefaults } from '../../queue/index.js';
import { TaskUnknownError } from '../errors.js';
import { isLifecycleHook } from '../lifecycle-hooks.js';
import { hasTask, methodNames, readTasks, type TaskClass } from './task-metadata.js';

/** Makes the `Tasks` objects of one application. */
export class TaskHandles {
  private readonly made = new Map<TaskClass, object>();

  constructor(
    private readonly broker: Broker,
    private readonly defaults: TaskDefaults,
  ) {}

  /** The one `Tasks` object of a class. @throws TaskUnknownError if it has no task */
  of(task: TaskClass): object {
    const tasks = this.made.get(task) ?? this.make(task);
    this.made.set(task, tasks);
    return tasks;
  }

  private make(task: TaskClass): object {
    const prototype = task.prototype as object;
    const methods = readTasks(prototype);
    if (methods.length === 0) throw noTasks(task);
    const tasks = {};
    for (const { method, options } of methods) {
      const settings = resolveTask(options, method, this.defaults);
      const value = new TaskHandle(TaskQueue.of(this.broker, settings.queue), settings);
      Object.defineProperty(tasks, method, { value, enumerable: true });
    }
    for (const method of methodNames(prototype)) {
      // Nest looks for its hooks on every provider, and a value with `then` would be awaited.
      if (hasTask(prototype, method) || isLifecycleHook(method) || method === 'then') continue;
      Object.defineProperty(tasks, method, { get: () => refuse(task, method) });
    }
    return tasks;
  }
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
