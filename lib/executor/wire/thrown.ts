import { types } from 'node:util';
import { builtinOf, classNameOf, type BuiltinError } from './error-classes.js';
import { attempt, messageOf, textOf, UNREADABLE } from './text.js';

/**
 * Something thrown, in a form that the structured clone algorithm carries faithfully; by itself it would lose an
 * error's class, cause and properties. Errors are in a flat list, as causes may form a circle.
 */
export interface Thrown {
  readonly root: Part;
  readonly errors: readonly ThrownError[];
}

/** A value as it is; an error by its place in the list; or only the text of what can't be cloned. */
export type Part = { readonly value: unknown } | { readonly error: number } | { readonly text: string };

export interface ThrownError {
  readonly builtin: BuiltinError;
  readonly className: string;
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly cause: Part | undefined;
  /** Of an AggregateError, or of a class that has a list of that name. */
  readonly errors: readonly Part[] | undefined;
  readonly properties: readonly (readonly [string, Part])[];
}

/** A getter may make another error each time: a chain of them has to end somewhere. */
const MAX_ERRORS = 10_000;

/** Never throws, whatever was thrown. */
export function encodeThrown(thrown: unknown): Thrown {
  return attempt(() => new Encoder().encode(thrown)) ?? { root: { text: textOf(thrown) }, errors: [] };
}

class Encoder {
  /** In the order of their places. A list, since causes may be nested deeper than functions can be. */
  readonly #found: Error[] = [];
  readonly #places = new Map<object, number>();

  encode(thrown: unknown): Thrown {
    const root = this.#part(thrown);
    const errors: ThrownError[] = [];
    // Encoding one finds its causes, which are added behind.
    for (const error of this.#found) errors.push(this.#encode(error));
    return { root, errors };
  }

  #part(value: unknown): Part {
    if (!isError(value)) return clone(value) ?? { text: textOf(value) };
    const place = this.#placeOf(value);
    // No copy of one too many: a copy of a long chain of causes overflows the stack, which ends the thread.
    return place === undefined ? { text: messageOf(value) } : { error: place };
  }

  /** Undefined for one too many. */
  #placeOf(error: Error): number | undefined {
    const known = this.#places.get(error);
    if (known !== undefined) return known;
    const place = this.#found.length;
    if (place === MAX_ERRORS) return undefined;
    this.#places.set(error, place);
    this.#found.push(error);
    return place;
  }

  #encode(error: Error): ThrownError {
    const builtin = builtinOf(error);
    const className = classNameOf(error, builtin);
    const errors = this.#errorsOf(error, builtin);
    return {
      builtin,
      className,
      name: nameOf(error, builtin, className),
      message: textIn(error),
      stack: attempt(() => (typeof error.stack === 'string' ? error.stack : undefined)),
      cause: attempt(() => (Object.hasOwn(error, 'cause') ? this.#part(error.cause) : undefined)),
      errors,
      properties: this.#propertiesOf(error, errors === undefined ? [] : ['errors']),
    };
  }

  /** One by one, since any of them may be an error, or fail to be read. */
  #errorsOf(error: Error, builtin: BuiltinError): Part[] | undefined {
    return attempt(() => {
      if (builtin !== 'AggregateError' && !Object.hasOwn(error, 'errors')) return undefined;
      const { errors } = error as Error & { errors: unknown };
      if (!Array.isArray(errors)) return undefined;
      return Array.from({ length: errors.length }, (_, i) => this.#read(errors, i) ?? { text: UNREADABLE });
    });
  }

  /** Own and enumerable, such as `code`; those that can't be cloned stay behind. */
  #propertiesOf(error: Error, taken: readonly string[]): [string, Part][] {
    const names = attempt(() => Object.keys(error)) ?? [];
    const elsewhere = ['message', 'stack', 'cause', ...taken];
    return names.flatMap((name): [string, Part][] => {
      if (elsewhere.includes(name)) return [];
      const part = this.#read(error, name);
      return part === undefined || 'text' in part ? [] : [[name, part]];
    });
  }

  #read(from: object, key: string | number): Part | undefined {
    return attempt(() => this.#part((from as Record<string | number, unknown>)[key]));
  }
}

/** The message need not be a string, nor be there at all. */
function textIn(error: { readonly message: unknown }): string {
  return attempt(() => String(error.message)) ?? '';
}

/** Errors of other contexts (`node:vm`) too, and DOMException, which is not a native one. */
function isError(value: unknown): value is Error {
  return types.isNativeError(value) || attempt(() => value instanceof Error) === true;
}

/**
 * The class's name where the error has no name of its own: `class NotFound extends Error {}` is called 'Error' by
 * its prototype, and on the other side there is no class to tell it by.
 */
function nameOf(error: Error, builtin: BuiltinError, className: string): string {
  const name = attempt(() => error.name);
  return typeof name === 'string' && (name !== builtin || attempt(() => Object.hasOwn(error, 'name')))
    ? name
    : className;
}

/** The copy, and not the value: a getter may throw when it is looked at once more. */
function clone(value: unknown): Part | undefined {
  if (typeof value === 'function' || typeof value === 'symbol') return undefined;
  return attempt(() => ({ value: structuredClone(value) }));
}
