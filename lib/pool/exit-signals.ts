import { callOutside } from './async-context.js';
import type { ShutdownOptions } from './options.js';

/** What the signals end. */
interface Ending {
  shutdown(options: ShutdownOptions): Promise<void>;
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** The pools that end on a signal, until they have. One pair of listeners for all of them, and only while there are any. */
const pools = new Map<Ending, 'finish' | 'cancel'>();
/** The signal that they are ending on; an object, to know one such ending from the next. */
let ending: { readonly signal: NodeJS.Signals } | undefined;

/** Ends the pool well on SIGINT or SIGTERM, and then lets the process go. The returned function takes that back. */
export function endOnSignals(pool: Ending, how: 'finish' | 'cancel'): () => void {
  if (pools.size === 0 && ending === undefined) for (const signal of SIGNALS) process.on(signal, heed);
  pools.set(pool, how);
  return () => {
    if (pools.delete(pool) && pools.size === 0 && ending === undefined) ignoreAll();
  };
}

/** The listeners stay until all pools have ended, so that the default action does not cut them short. */
function heed(signal: NodeJS.Signals): void {
  if (ending !== undefined) return go(signal);
  ending = { signal };
  void endAll(ending);
}

/** Those too that are made meanwhile: the process is about to go. A second signal leaves nothing to do here. */
async function endAll(mine: { readonly signal: NodeJS.Signals }): Promise<void> {
  await Promise.all(
    [...pools].map(async ([pool, how]) => {
      await callOutside(() => pool.shutdown({ wait: how === 'finish' }));
      pools.delete(pool);
    }),
  );
  if (ending !== mine) return;
  if (pools.size > 0) return endAll(mine);
  go(mine.signal);
}

/** By the signal itself, which gives the exit code that who sent it expects; others who listen end the process. */
function go(signal: NodeJS.Signals): void {
  ending = undefined;
  pools.clear();
  ignoreAll();
  if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
}

function ignoreAll(): void {
  for (const signal of SIGNALS) process.off(signal, heed);
}
