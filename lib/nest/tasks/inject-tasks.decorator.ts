import { Inject } from '@nestjs/common';
import { quote } from '../../options.js';
import { TaskDecoratorError } from '../errors.js';
import { taskAskers, tokenOfClass, tokenOfReference } from './task-classes.js';
import type { TaskClass } from './task-metadata.js';

/**
 * Injects the tasks of a class, to submit them. The class need not be a provider here: a process that only
 * submits needs the class, not its dependencies.
 *
 * @param task the class, or `() => Class` where two files import one another.
 * @throws TaskDecoratorError for what is no class (in a cycle of imports it is undefined).
 * @throws TaskUnknownError when the application starts, if the class has no `@AioTask` method.
 *
 * @example constructor(@InjectTasks(MailTasks) private readonly mail: Tasks<MailTasks>) {}
 *
 * @publicApi
 */
export function InjectTasks(task: TaskClass | (() => TaskClass)): PropertyDecorator & ParameterDecorator {
  if (typeof task !== 'function') {
    throw new TaskDecoratorError(
      `@InjectTasks needs a class with @AioTask methods, but was given ${quote(task)}: ` +
        `if two files import one another, write @InjectTasks(() => TheClass).`,
    );
  }
  const token = isReference(task) ? tokenOfReference(task) : tokenOfClass(task);
  return (target, key, index?) => {
    taskAskers.record(token, target);
    Inject(token)(target, key as string, index as number);
  };
}

/**
 * The token of a class's `Tasks`, for `app.get(getTasksToken(MailTasks))` and for factories.
 *
 * @publicApi
 */
export function getTasksToken(task: TaskClass): symbol {
  return tokenOfClass(task);
}

/** An arrow function has no prototype; a class always has. */
function isReference(task: TaskClass | (() => TaskClass)): task is () => TaskClass {
  return task.prototype === undefined;
}
