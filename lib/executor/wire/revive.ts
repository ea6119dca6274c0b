import { createError } from './error-classes.js';
import type { Part, Thrown, ThrownError } from './thrown.js';

/** What was thrown in the other thread: an Error rebuilt, or the very value. */
export function reviveThrown({ root, errors }: Thrown): unknown {
  const revived = errors.map(({ builtin, className, message, name }) =>
    createError(builtin, className, message, name),
  );
  // Filled in when all exist, as causes may form a circle.
  errors.forEach((from, place) => fill(revived[place]!, from, revived));
  return valueOf(root, revived);
}

function fill(error: Error, from: ThrownError, revived: readonly Error[]): void {
  // What `new Error` gives is not enumerable; what users assign is.
  if (from.stack !== undefined) define(error, 'stack', from.stack, false);
  if (error.name !== from.name) define(error, 'name', from.name, false);
  if (from.cause !== undefined) define(error, 'cause', valueOf(from.cause, revived), false);
  if (from.errors !== undefined) {
    const errors = from.errors.map((each) => valueOf(each, revived));
    define(error, 'errors', errors, from.builtin !== 'AggregateError');
  }
  for (const [name, part] of from.properties) define(error, name, valueOf(part, revived), true);
}

function define(error: Error, name: string, value: unknown, enumerable: boolean): void {
  Object.defineProperty(error, name, { value, enumerable, configurable: true, writable: true });
}

function valueOf(part: Part, revived: readonly Error[]): unknown {
  if ('error' in part) return revived[part.error];
  return 'text' in part ? part.text : part.value;
}
