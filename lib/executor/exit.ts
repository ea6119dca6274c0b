/** What has to be finished before the process ends. */
export interface Drained {
  /** Blocks until everything that was accepted has ended. Must not throw. */
  drainAtExit(): void;
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

function drainAll(): void {
  for (const executor of open) executor.drainAtExit();
}
