/** The error classes that exist in every thread: an error comes back as an instance of the one it descends from. */
const BUILTINS = {
  Error,
  AggregateError,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
  DOMException,
};

export type BuiltinError = keyof typeof BUILTINS;

/** The nearest built-in class. By name, so that errors of another context (`node:vm`) are recognised too. */
export function builtinOf(error: Error): BuiltinError {
  for (let proto: unknown = protoOf(error); proto !== undefined && proto !== null; proto = protoOf(proto)) {
    const name = constructorName(proto);
    if (name !== undefined && Object.hasOwn(BUILTINS, name)) return name as BuiltinError;
  }
  return 'Error';
}

export function classNameOf(error: Error, builtin: BuiltinError): string {
  return constructorName(error) || builtin;
}

/**
 * An error of a class of that name, derived from the built-in one. The class is not the one that threw, which
 * exists in the other thread only; but loggers show its name.
 */
export function createError(builtin: BuiltinError, className: string, message: string, name: string): Error {
  if (builtin === 'DOMException') return new DOMException(message, name);
  const Class = namedClass(builtin, className);
  return builtin === 'AggregateError'
    ? new (Class as AggregateErrorConstructor)([], message)
    : new (Class as ErrorConstructor)(message);
}

const named = new Map<string, ErrorConstructor>();
/** Class names come from source code, so there are few; somebody who makes them up must not fill the memory. */
const MAX_NAMED = 1_000;

function namedClass(builtin: Exclude<BuiltinError, 'DOMException'>, name: string): unknown {
  if (name === builtin) return BUILTINS[builtin];
  const key = `${builtin} ${name}`;
  const known = named.get(key);
  if (known !== undefined) return known;
  const Base = BUILTINS[builtin] as ErrorConstructor;
  const Class = { [name]: class extends Base {} }[name] as unknown as ErrorConstructor;
  if (named.size < MAX_NAMED) named.set(key, Class);
  return Class;
}

function constructorName(value: unknown): string | undefined {
  try {
    const { name } = (value as object).constructor;
    return typeof name === 'string' ? name : undefined;
  } catch {
    return undefined;
  }
}

function protoOf(value: unknown): unknown {
  try {
    return Object.getPrototypeOf(value);
  } catch {
    return undefined;
  }
}
