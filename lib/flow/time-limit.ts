import { clearTimeout, setTimeout } from 'node:timers';

/** Settles as the promise does, or resolves after `ms`; what the promise is rejected with later goes to `onLate`. */
export function timeLimit(
  promise: Promise<void>,
  ms: number,
  onLate: (error: unknown) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      resolve();
    }, ms);
    const settled = (settle: () => void): void => {
      clearTimeout(timer);
      settle();
    };
    promise.then(
      () => settled(resolve),
      (error: unknown) => settled(() => (late ? onLate(error) : reject(error))),
    );
  });
}
