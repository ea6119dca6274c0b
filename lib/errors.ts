/**
 * What every error of this package has in common: a stable `code` that starts with `NB_`, one sentence
 * that quotes what was given and says what to do, and a `cause` where another error led to it.
 * Compare the code (or use `instanceof`); the message may change. `docs/errors.md` lists them all.
 */
export abstract class NbError extends Error {
  /** Stable across releases. */
  abstract readonly code: `NB_${string}`;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** An option, or an argument, has a value that is not allowed. The message quotes the value and its type. */
export class InvalidOptionError extends NbError {
  readonly code = 'NB_OPTION_INVALID';
}

/** An option that does not exist was given. The message names the nearest one that does. */
export class UnknownOptionError extends NbError {
  readonly code = 'NB_OPTION_UNKNOWN';
}
