import { Inject } from '@nestjs/common';
import { quote } from '../../options.js';
import { TaskDecoratorError } from '../errors.js';
import { injectionPlace } from '../injection-place.js';
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
  const token = typeof task === 'function' ? tokenOf(task) : undefined;
  return (target, key, index?) => {
    if (token === undefined) throw noClass(task, injectionPlace(target, key, index));
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

function tokenOf(task: TaskClass | (() => TaskClass)): symbol {
  return isReference(task) ? tokenOfReference(task) : tokenOfClass(task);
}

function noClass(given: unknown, place: string): TaskDecoratorError {
  return new TaskDecoratorError(
    `@InjectTasks in ${place} needs a class with @AioTask methods, but was given ${quote(given)}: ` +
      `if two files import one another, write @InjectTasks(() => TheClass).`,
  );
}

/** An arrow function has no prototype; a class always has. */
function isReference(task: TaskClass | (() => TaskClass)): task is () => TaskClass {
  return task.prototype === undefined;
}
