import leven from 'leven';
import { InvalidOptionError, UnknownOptionError } from './errors.js';

/** Says what is allowed when `value` is not, and nothing when it is. */
export type Rule = (value: unknown) => string | undefined;

/** One rule for each option that exists; `undefined` always means "not given". */
export type Rules<T> = { readonly [K in keyof Required<T>]: Rule };

/**
 * Checks all options of `owner` together, before anything is built from them.
 *
 * @throws UnknownOptionError for an option without a rule, naming the nearest one.
 * @throws InvalidOptionError for a value that its rule refuses, quoting the value and its type.
 */
export function checkOptions<T extends object>(owner: string, options: T, rules: Rules<T>): void {
  if (plainObject(options) !== undefined) {
    throw new InvalidOptionError(`${owner}: options must be an object, but were ${quote(options)}.`);
  }
  // Not by entries: each submit with options comes here, and an array for each of them took as long as the task.
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(rules, name)) throw unknownOption(owner, name, Object.keys(rules));
    const value = options[name as keyof T];
    if (value !== undefined) check(owner, `option '${name}'`, value, rules[name as keyof T]);
  }
}

/** Checks one value. @throws InvalidOptionError */
export function check(owner: string, what: string, value: unknown, rule: Rule): void {
  const allowed = rule(value);
  if (allowed !== undefined) {
    throw new InvalidOptionError(`${owner}: ${what} must be ${allowed}, but was ${quote(value)}.`);
  }
}

/** `unit` says in the message what is counted, where the option's name does not. */
export const integer =
  (min: number, max = Number.MAX_SAFE_INTEGER, unit?: string): Rule =>
  (value) => {
    if (Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max) return undefined;
    const bounds = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
    return `a whole number ${bounds}${unit === undefined ? '' : ` ${unit}`}`;
  };

/** A time in ms. `max` is what a timer can wait for: beyond 2^31 - 1 (24.8 days) Node would wait for 1 ms. */
export const milliseconds = (min: number, max = 2 ** 31 - 1): Rule => integer(min, max, 'milliseconds');

/** A time in ms that no timer waits for, at least not at a stretch. */
export const longTime = (min: number): Rule => milliseconds(min, Number.MAX_SAFE_INTEGER);

/** By what it does: a signal may come from another realm. */
export const abortSignal: Rule = (value) => {
  const signal = value as Partial<AbortSignal> | null | undefined;
  return typeof signal?.aborted === 'boolean' &&
    typeof signal.addEventListener === 'function' &&
    typeof signal.removeEventListener === 'function'
    ? undefined
    : 'an AbortSignal';
};

export const plainObject: Rule = (value) =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? undefined : 'an object';

export const boolean: Rule = (value) => (typeof value === 'boolean' ? undefined : 'true or false');

export const callable: Rule = (value) => (typeof value === 'function' ? undefined : 'a function');

export const nonEmptyString: Rule = (value) =>
  typeof value === 'string' && value !== '' ? undefined : 'a non-empty string';

export const oneOf =
  (...values: readonly string[]): Rule =>
  (value) =>
    values.includes(value as string) ? undefined : values.map((each) => `'${each}'`).join(' or ');

/** The value and its type, short enough for a message: `"10" (string)`, `-1 (number)`. Objects only by their class. */
export function quote(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'string')
    return `${JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value)} (string)`;
  if (typeof value === 'function') return `${value.name || 'an anonymous function'} (function)`;
  if (typeof value === 'object') return `an object of class ${value.constructor?.name ?? 'null'}`;
  return `${typeof value === 'symbol' ? value.toString() : `${value as number}`} (${typeof value})`;
}

function unknownOption(owner: string, name: string, known: readonly string[]): UnknownOptionError {
  return new UnknownOptionError(
    `${owner}: there is no option '${name}'${didYouMean(name, known)} The options are ${known.map((each) => `'${each}'`).join(', ')}.`,
  );
}

/** The end of a sentence: `; did you mean 'x'?` when one of `known` is near, else a full stop. */
export function didYouMean(name: string, known: readonly string[]): string {
  // Who comes from Python writes max_at_once: each underscore would count as two mistakes.
  const camel = name.replace(/(?<=\w)_+([a-z\d])/gi, (_, letter: string) => letter.toUpperCase());
  const distance = (other: string): number => Math.min(leven(name, other), leven(camel, other));
  const near = known.toSorted((a, b) => distance(a) - distance(b))[0];
  return near !== undefined && distance(near) <= Math.max(2, name.length / 3)
    ? `; did you mean '${near}'?`
    : '.';
}
