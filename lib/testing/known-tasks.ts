import { knownTaskClasses } from '../nest/tasks/task-classes.js';
import { noTasks } from '../nest/tasks/task-handles.js';
import { readTasks, type TaskClass } from '../nest/tasks/task-metadata.js';
import { connectionOf } from '../nest/tasks/task-options.js';
import { resolveTask, type Codec, type TaskDefaults } from '../queue/index.js';
import type { CallRecord } from './call-record.js';

/** A task as its decorator left it. */
export interface KnownTask {
  readonly method: string;
  /** `Class.method`. */
  readonly description: string;
  readonly connection: string;
  readonly queue: string;
  /** Its name within the queue. */
  readonly name: string;
  readonly codec: Codec;
}

/** The module's `defaults` of a connection. */
export type DefaultsOf = (connection: string) => TaskDefaults | undefined;

/** The tasks of a class, inherited ones included. @throws TaskUnknownError when there are none */
export function tasksOf(task: TaskClass, defaultsOf: DefaultsOf): KnownTask[] {
  const methods = readTasks(task.prototype as object);
  if (methods.length === 0) throw noTasks(task, 'The testing kit');
  return methods.map(({ method, options }) => {
    const connection = connectionOf(options);
    const { queue, name, codec } = resolveTask(options, method, defaultsOf(connection));
    return { method, description: `${task.name}.${method}`, connection, queue, name, codec };
  });
}

/** Whose call it is, among all tasks of the process. */
export function taskOf(record: CallRecord, defaultsOf: DefaultsOf): KnownTask | undefined {
  for (const reference of knownTaskClasses().values()) {
    const task = defined(reference);
    if (!task || readTasks(task.prototype as object).length === 0) continue;
    const found = tasksOf(task, defaultsOf).find((each) => isCallOf(record, each));
    if (found) return found;
  }
  return undefined;
}

export function isCallOf(record: CallRecord, { connection, queue, name }: KnownTask): boolean {
  return record.connection === connection && record.queue === queue && record.task === name;
}

/** `@InjectTasks(() => Class)` may name a class that another file would have to load. */
function defined(reference: () => TaskClass): TaskClass | undefined {
  try {
    return reference();
  } catch {
    return undefined;
  }
}
