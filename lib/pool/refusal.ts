import { InvalidOptionError } from '../errors.js';
import { quote } from '../options.js';
import { warn } from './failures.js';

/** For `takeOver`: a pool's `onError` gets a future with each error, and of these there is none. */
export function warnOfPromise(pool: string): (error: unknown) => void {
  return (error) => warn(`a promise that ${pool} was given for a task failed`, 'NB_UNASKED_FAILURE', error);
}

/** What stands where a task belongs: a promise, most likely, of who comes from Python's coroutines. */
export function refuseTask(pool: string, given: unknown): InvalidOptionError {
  takeOver([given], warnOfPromise(pool));
  const advice =
    given instanceof Promise ? '; write () => work(1) where it says work(1), which runs at once' : '';
  return new InvalidOptionError(`${pool}: a task must be a function, but was ${quote(given)}${advice}.`);
}

/**
 * Whoever gave promises for functions does not hold them: should they fail, that would end the process as an
 * unhandled rejection, before the mistake is read.
 */
export function takeOver(given: readonly unknown[], report: (error: unknown) => void): void {
  for (const each of given) if (each instanceof Promise) each.catch(report);
}
