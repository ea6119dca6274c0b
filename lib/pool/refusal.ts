import { InvalidOptionError } from '../errors.js';
import { quote } from '../options.js';
import { warn } from './failures.js';

/** What stands where a task belongs: a promise, most likely, of who comes from Python's coroutines. */
export function refuseTask(pool: string, given: unknown): InvalidOptionError {
  takeOver(pool, [given]);
  const advice =
    given instanceof Promise ? '; write () => work(1) where it says work(1), which runs at once' : '';
  return new InvalidOptionError(`${pool}: a task must be a function, but was ${quote(given)}${advice}.`);
}

/**
 * Whoever gave promises for functions does not hold them: should they fail, that would end the process as an
 * unhandled rejection, before the mistake is read.
 */
export function takeOver(pool: string, given: readonly unknown[]): void {
  for (const each of given) {
    if (!(each instanceof Promise)) continue;
    each.catch((error: unknown) =>
      warn(`a promise that ${pool} was given for a task failed`, 'NB_UNASKED_FAILURE', error),
    );
  }
}
