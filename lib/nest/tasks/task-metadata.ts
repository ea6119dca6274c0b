import { MetadataScanner } from '@nestjs/core';
import 'reflect-metadata';
import type { NestTaskOptions } from './task-options.js';

const KEY = 'nestjs-nb-aiopool:task';

/** A decorated method, as `@AioTask` left it. */
export interface TaskMethod {
  readonly method: string;
  readonly options: Readonly<NestTaskOptions>;
}

/** A class with tasks, abstract or not. */
export type TaskClass<T = object> = abstract new (...args: never[]) => T;

/** Kept beside the method's name rather than on the function: a decorator above may put another function there. */
export function defineTask(prototype: object, method: string, options: NestTaskOptions): void {
  Reflect.defineMetadata(KEY, Object.freeze(options), prototype, method);
}

export function hasTask(prototype: object, method: string): boolean {
  return taskOf(prototype, method) !== undefined;
}

/** The tasks of a class and its parents. A method that overrides a task is one only if it is decorated itself. */
export function readTasks(prototype: object): TaskMethod[] {
  return methodNames(prototype).flatMap((method) => {
    const options = taskOf(prototype, method);
    return options ? [{ method, options }] : [];
  });
}

export function methodNames(prototype: object): string[] {
  return new MetadataScanner().getAllMethodNames(prototype);
}

function taskOf(prototype: object, method: string): Readonly<NestTaskOptions> | undefined {
  for (let owner: object | null = prototype; owner; owner = Object.getPrototypeOf(owner) as object | null) {
    if (!Object.hasOwn(owner, method)) continue;
    return Reflect.getOwnMetadata(KEY, owner, method) as Readonly<NestTaskOptions> | undefined;
  }
  return undefined;
}
