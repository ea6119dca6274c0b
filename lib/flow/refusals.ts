import { InvalidOptionError } from '../errors.js';
import { quote } from '../options.js';
import { takeOver } from '../pool/refusal.js';
import type { LateFailures } from './failures.js';
import { iteratorMethod } from './source.js';

/** What stands where `fn` belongs. */
export function refuseFunction(call: string, given: unknown, late: LateFailures): InvalidOptionError {
  takeOver([given], late.report);
  let advice = '';
  if (given instanceof Promise) advice = '; give the function itself, not what a call of it returned';
  else if (iteratorMethod(given) !== undefined) advice = '; the function comes first, then the source';
  return new InvalidOptionError(
    `${call}: the function must be a function, but was ${quote(given)}${advice}.`,
  );
}

/** What stands at `index` among the functions of `runAll` and `runAny`. */
export function refuseTask(
  call: string,
  source: unknown,
  index: number,
  given: unknown,
  late: LateFailures,
): InvalidOptionError {
  // Those too that would have been next.
  takeOver(Array.isArray(source) ? (source as unknown[]).slice(index) : [given], late.report);
  const advice =
    given instanceof Promise
      ? '; write () => work(1) where it says work(1), or it runs at once, whatever the limits'
      : '';
  return new InvalidOptionError(
    `${call}: item ${index} of the source must be a function, but was ${quote(given)}${advice}.`,
  );
}
