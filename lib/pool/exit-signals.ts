import { callOutside } from './async-context.js';
import type { ShutdownOptions } from './options.js';

/** What the signals end. */
interface Closable {
  shutdown(options: ShutdownOptions): Promise<void>;
}

interface Ending {
  readonly signal: NodeJS.Signals;
  /** The application listens too, or did when the signal came: a `once` listener is gone as soon as it is called. */
  readonly isShared: boolean;
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** The pools that end on a signal, until they have. One pair of listeners for all of them, and only while there are any. */
const pools = new Map<Closable, 'finish' | 'cancel'>();
/** The signal that they are ending on; an object, to know one such ending from the next. */
let ending: Ending | undefined;

/** Ends the pool well on SIGINT or SIGTERM, and then lets the process go. The returned function takes that back. */
export function endOnSignals(pool: Closable, how: 'finish' | 'cancel'): () => void {
  // Before the application's, which are to be counted while they are there.
  if (pools.size === 0 && ending === undefined)
    for (const signal of SIGNALS) process.prependListener(signal, heed);
  pools.set(pool, how);
  return () => {
    if (pools.delete(pool) && pools.size === 0 && ending === undefined) ignoreAll();
  };
}

/** The listeners stay until all pools have ended, so that the default action does not cut them short. */
function heed(signal: NodeJS.Signals): void {
  const isShared = process.listenerCount(signal) > 1;
  if (ending !== undefined) return go({ signal, isShared: isShared || ending.isShared });
  ending = { signal, isShared };
  void endAll(ending);
}

/** Those too that are made meanwhile: the process is about to go. A second signal leaves nothing to do here. */
async function endAll(mine: Ending): Promise<void> {
  await Promise.all(
    [...pools].map(async ([pool, how]) => {
      await callOutside(() => pool.shutdown({ wait: how === 'finish' }));
      pools.delete(pool);
    }),
  );
  if (ending !== mine) return;
  if (pools.size > 0) return endAll(mine);
  go(mine);
}

/** By the signal itself, which gives the exit code that who sent it expects; others who listen end the process. */
function go({ signal, isShared }: Ending): void {
  ending = undefined;
  pools.clear();
  ignoreAll();
  if (!isShared && process.listenerCount(signal) === 0) process.kill(process.pid, signal);
}

function ignoreAll(): void {
  for (const signal of SIGNALS) process.off(signal, heed);
}
