import { types } from 'node:util';
import { builtinOf, classNameOf, type BuiltinError } from './error-classes.js';
import { attempt, textOf } from './text.js';

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
  /** Of an AggregateError. */
  readonly errors: readonly Part[] | undefined;
  readonly properties: readonly (readonly [string, Part])[];
}

/** Never throws, whatever was thrown. */
export function encodeThrown(thrown: unknown): Thrown {
  const encoder = new Encoder();
  return { root: encoder.part(thrown), errors: encoder.errors };
}

class Encoder {
  readonly errors: ThrownError[] = [];
  readonly #places = new Map<object, number>();

  part(value: unknown): Part {
    if (isError(value)) return { error: this.#place(value) };
    return clone(value) ?? { text: textOf(value) };
  }

  #place(error: Error): number {
    const known = this.#places.get(error);
    if (known !== undefined) return known;
    const place = this.#places.size;
    this.#places.set(error, place);
    // Its causes take later places before this one is filled.
    this.errors.length = Math.max(this.errors.length, place + 1);
    this.errors[place] = this.#encode(error);
    return place;
  }

  #encode(error: Error): ThrownError {
    const builtin = builtinOf(error);
    const className = classNameOf(error, builtin);
    const errors = attempt(() => (error as AggregateError).errors as unknown);
    return {
      builtin,
      className,
      name: nameOf(error, builtin, className),
      message: textIn(error),
      stack: attempt(() => (typeof error.stack === 'string' ? error.stack : undefined)),
      cause: attempt(() => (Object.hasOwn(error, 'cause') ? this.part(error.cause) : undefined)),
      errors:
        builtin === 'AggregateError' && Array.isArray(errors)
          ? errors.map((each) => this.part(each))
          : undefined,
      properties: this.#propertiesOf(error),
    };
  }

  /** Own and enumerable, such as `code`; those that can't be cloned stay behind. */
  #propertiesOf(error: Error): [string, Part][] {
    const names = attempt(() => Object.keys(error)) ?? [];
    return names
      .filter((name) => !['message', 'stack', 'cause', 'errors'].includes(name))
      .map((name): [string, Part] => [
        name,
        attempt(() => this.part((error as unknown as Record<string, unknown>)[name])) ?? { text: '' },
      ])
      .filter(([, part]) => !('text' in part));
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
