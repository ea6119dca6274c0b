import { InvalidOptionError } from '../errors.js';
import { cancelled } from './cancellation.js';
import type { FlowFunction, FlowTask } from './context.js';
import { LateFailures } from './failures.js';
import { Flow } from './flow.js';
import { checkCall, type FlowLimits } from './options.js';
import { refuseTask } from './refusals.js';
import type { FlowSource } from './source.js';

/**
 * Runs `fn` for each item of a source, in any order, and takes no values; aiometer's `run_on_each`. Resolves
 * when all have ended.
 *
 * Rejects with the first error of a task or of the source, or with the reason of an aborted `signal`; as `amap`
 * ends then, so does this. Rejects with UnknownOptionError or InvalidOptionError before anything runs.
 *
 * @publicApi
 */
export async function runOnEach<T>(
  fn: FlowFunction<T, unknown>,
  source: FlowSource<T>,
  limits: FlowLimits = {},
): Promise<void> {
  checkCall('runOnEach', fn, source, limits);
  const late = new LateFailures('runOnEach', limits.onError);
  return new Promise((resolve, reject) => {
    const flow = new Flow<T, unknown>(
      { call: 'runOnEach', fn, source, limits, late },
      { value: () => flow.outstanding--, done: resolve, failed: reject, discard },
    );
    flow.start();
  });
}

/**
 * Runs all functions of a source, and resolves with their values in the order of the source; aiometer's
 * `run_all`. Rejects as `runOnEach` does.
 *
 * @publicApi
 */
export function runAll<R>(fns: FlowSource<FlowTask<R>>, limits?: FlowLimits): Promise<R[]>;
/** Of functions whose values are of several types: a tuple for a list in place, as of `Promise.all`. @publicApi */
export function runAll<A extends readonly FlowTask<unknown>[] | []>(
  fns: A,
  limits?: FlowLimits,
): Promise<{ -readonly [K in keyof A]: Awaited<ReturnType<A[K]>> }>;
/** The same for any other source. @publicApi */
export function runAll<F extends FlowTask<unknown>>(
  fns: FlowSource<F>,
  limits?: FlowLimits,
): Promise<Awaited<ReturnType<F>>[]>;
export async function runAll(
  fns: FlowSource<FlowTask<unknown>>,
  limits: FlowLimits = {},
): Promise<unknown[]> {
  checkCall('runAll', discard, fns, limits);
  const late = new LateFailures('runAll', limits.onError);
  return new Promise((resolve, reject) => {
    const values: unknown[] = [];
    const value = (each: unknown, index: number): void => {
      flow.outstanding--;
      values[index] = each;
    };
    const flow = new Flow<FlowTask<unknown>, unknown>(
      { call: 'runAll', fn: taskCaller('runAll', fns, late), source: fns, limits, late },
      { value, done: () => resolve(values), failed: reject, discard },
    );
    flow.start();
  });
}

/**
 * Runs functions until the first of them ends, and resolves with its value; aiometer's `run_any`. The others are
 * cancelled: no more start, and the signals of those that run are aborted.
 *
 * As in aiometer the first one to end decides, also when it fails: then this rejects with its error, as
 * `runOnEach` does. That is `Promise.race`, not `Promise.any`. Without any function it rejects with
 * InvalidOptionError.
 *
 * @publicApi
 */
export function runAny<R>(fns: FlowSource<FlowTask<R>>, limits?: FlowLimits): Promise<R>;
/** Of functions whose values are of several types. @publicApi */
export function runAny<A extends readonly FlowTask<unknown>[] | []>(
  fns: A,
  limits?: FlowLimits,
): Promise<Awaited<ReturnType<A[number]>>>;
/** The same for any other source. @publicApi */
export function runAny<F extends FlowTask<unknown>>(
  fns: FlowSource<F>,
  limits?: FlowLimits,
): Promise<Awaited<ReturnType<F>>>;
export async function runAny(fns: FlowSource<FlowTask<unknown>>, limits: FlowLimits = {}): Promise<unknown> {
  checkCall('runAny', discard, fns, limits);
  const late = new LateFailures('runAny', limits.onError);
  return new Promise((resolve, reject) => {
    const value = (won: unknown): void => {
      const reason = cancelled('runAny', 'another function ended first');
      void flow
        .cancel(reason)
        .catch(late.report)
        .then(() => resolve(won));
    };
    const done = (): void => reject(new InvalidOptionError('runAny: there must be at least one function.'));
    const flow = new Flow<FlowTask<unknown>, unknown>(
      { call: 'runAny', fn: taskCaller('runAny', fns, late), source: fns, limits, late },
      { value, done, failed: reject, discard },
    );
    flow.start();
  });
}

/** Tasks start in the order of the source, so it can count them. */
function taskCaller(
  call: string,
  source: FlowSource<FlowTask<unknown>>,
  late: LateFailures,
): FlowFunction<FlowTask<unknown>, unknown> {
  let index = 0;
  return (task, context) => {
    if (typeof task !== 'function') throw refuseTask(call, source, index, task, late);
    index++;
    return task(context);
  };
}

/** Nothing to drop: values are for the end. */
function discard(): void {}
