import { InvalidOptionError } from '../../errors.js';
import { quote } from '../../options.js';
import { checkTaskOptions } from '../../queue/index.js';
import { TaskDecoratorError } from '../errors.js';
import { isLifecycleHook } from '../lifecycle-hooks.js';
import { tokenOfClass } from './task-classes.js';
import { defineTask, type TaskClass } from './task-metadata.js';
import { TASK_CONNECTION_RULE, type NestTaskOptions } from './task-options.js';

/** What `@AioTask` answers: it fits on async methods only; elsewhere it is a compile error. @publicApi */
export type AioTaskDecorator = <M extends (...args: never[]) => Promise<unknown>>(
  target: object,
  method: string,
  descriptor: TypedPropertyDescriptor<M>,
) => void;

/**
 * Makes an async method a task: `@InjectTasks(Class)` submits it, and a process that consumes its queue runs
 * it on the class's provider. Calling the method itself still runs it directly.
 *
 * @param queue where the calls wait: 1 to 200 characters, without braces.
 * @param maxConcurrency how many of the queue's tasks run at once in each process. Default 50, minimum 1.
 *
 * @throws TaskDecoratorError on anything else than a method of instances.
 * @throws InvalidOptionError, UnknownOptionError, naming class and method
 *
 * @example
 * class ReportTasks {
 *   @AioTask('reports', 10)
 *   async build(userId: string, year: number): Promise<Report> { ... }
 * }
 *
 * @publicApi
 */
export function AioTask(queue: string, maxConcurrency?: number): AioTaskDecorator;
/** @param options see `NestTaskOptions`; the task's name is the method's unless given. @publicApi */
export function AioTask(options: NestTaskOptions): AioTaskDecorator;
export function AioTask(first: string | NestTaskOptions, maxConcurrency?: number): AioTaskDecorator {
  // Typed for what is allowed, checked for what is not: compilers other than tsc accept everything.
  return (target: unknown, key?: unknown, descriptor?: unknown): void => {
    const { prototype, method } = decoratedMethod(target, key, descriptor);
    const owner = `@AioTask on ${prototype.constructor.name}.${method}`;
    const options = optionsOf(owner, first, maxConcurrency);
    checkTaskOptions<NestTaskOptions>(owner, options, TASK_CONNECTION_RULE);
    defineTask(prototype, method, options);
    tokenOfClass(prototype.constructor as unknown as TaskClass);
  };
}

function optionsOf(
  owner: string,
  first: string | NestTaskOptions,
  maxConcurrency: number | undefined,
): NestTaskOptions {
  if (typeof first !== 'object' || first === null) {
    return { queue: first, ...(maxConcurrency === undefined ? {} : { maxConcurrency }) };
  }
  if (maxConcurrency !== undefined) {
    throw new InvalidOptionError(
      `${owner}: a second argument (${quote(maxConcurrency)}) goes with a queue's name only; put maxConcurrency into the options.`,
    );
  }
  return { ...first };
}

/** @throws TaskDecoratorError */
function decoratedMethod(
  target: unknown,
  key: unknown,
  descriptor: unknown,
): { prototype: object; method: string } {
  const misuse = misuseOf(target, key, descriptor);
  if (misuse !== undefined) {
    throw new TaskDecoratorError(`@AioTask is on ${misuse}: put it on an async method of the class.`);
  }
  return { prototype: target as object, method: key as string };
}

/** What the decorator is on, unless that is a method of instances. */
function misuseOf(target: unknown, key: unknown, descriptor: unknown): string | undefined {
  if (typeof key === 'object' && key !== null && 'kind' in key) {
    return `a ${String(key.kind)} compiled with standard decorators, which Nest does not use (set "experimentalDecorators": true)`;
  }
  const isStatic = typeof target === 'function';
  const owner = (isStatic ? target : (target as object).constructor).name;
  if (key === undefined) {
    return typeof descriptor === 'number' ? `a parameter of ${owner}'s constructor` : `the class ${owner}`;
  }
  if (typeof key === 'symbol') return `${owner}[${String(key)}], but tasks go by names, not by symbols`;
  const method = key as string;
  const where = `${owner}.${method}`;
  if (typeof descriptor === 'number') return `a parameter of ${where}`;
  if (isStatic) return `${where}, which is static`;
  if (isLifecycleHook(method)) return `${where}, which Nest calls itself`;
  return kindOf(where, descriptor as PropertyDescriptor | undefined);
}

function kindOf(where: string, descriptor: PropertyDescriptor = {}): string | undefined {
  if ('get' in descriptor || 'set' in descriptor) return `${where}, which is a getter or setter`;
  return typeof descriptor.value === 'function' ? undefined : `${where}, which is a property`;
}
