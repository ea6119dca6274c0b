import { clearTimeout, setTimeout } from 'node:timers';

/**
 * Settles as the promise does; but if `answer` has not come after `ms`, resolves without it, and what the promise is
 * rejected with later goes to `onLate`.
 */
export function unlessSilent(
  promise: Promise<void>,
  answer: Promise<void>,
  ms: number,
  onLate: (error: unknown) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      resolve();
    }, ms);
    const stop = (): void => clearTimeout(timer);
    void answer.then(stop);
    promise.then(
      () => {
        stop();
        resolve();
      },
      (error: unknown) => {
        stop();
        if (late) onLate(error);
        else reject(error);
      },
    );
  });
}
