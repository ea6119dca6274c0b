import { ExecutorClosedError } from './errors.js';

/** What has to be finished before the process ends. None of it may throw. */
export interface Drained {
  /** Accepts no more, and from now on keeps what there is to report. */
  closeAtExit(): void;
  /** Blocks until everything that was accepted has ended. */
  waitForEnd(): void;
  /** Calls the user's `onError`, which may end the process at once. */
  reportAtExit(): void;
}

/** One listener for all executors, and only while there are any: Node warns of the eleventh. */
const open = new Set<Drained>();

export function drainAtExit(executor: Drained): void {
  if (open.size === 0) process.on('exit', drainAll);
  open.add(executor);
}

export function nothingToDrain(executor: Drained): void {
  open.delete(executor);
  if (open.size === 0) process.off('exit', drainAll);
}

/** @throws ExecutorClosedError in a listener of 'exit': nothing would wait for what is submitted there. */
export function mustNotBeExiting(executor: string): void {
  // Set by Node before the first listener is called, and by nothing else to be seen from here.
  if ((process as { _exiting?: boolean })._exiting !== true) return;
  throw new ExecutorClosedError(
    `${executor}: the process is exiting, and a new executor's calls would be lost; make it before, or do the work ` +
      `without one.`,
  );
}

/** In steps: an `onError` that calls process.exit() must not take along the calls of the other executors. */
function drainAll(): void {
  const executors = [...open];
  for (const executor of executors) executor.closeAtExit();
  for (const executor of executors) executor.waitForEnd();
  for (const executor of executors) executor.reportAtExit();
}
