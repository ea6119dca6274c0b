// The entry of the supervisor: starts an executor's task threads and tells when one has ended. It has a thread of
// its own since nothing but an event loop hears that a thread ran out of memory, and the owner's may be blocked.
import { Worker, workerData } from 'node:worker_threads';
import type { FromSupervisor, SupervisorData, ThreadData, ToSupervisor } from '../wire/messages.js';
import { Progress } from '../wire/progress.js';
import { Signal } from '../wire/signal.js';
import { encodeThrown } from '../wire/thrown.js';

/** How long a thread may take, after the last call has ended, until it begins to end itself, in ms. */
const GRACE = 1_000;

const { port, ...shared } = workerData as SupervisorData;
const signal = new Signal(shared.signal);
const news = new Progress(shared.progress);
const threads = new Map<number, { worker: Worker; progress: Progress }>();
let closing = false;
let closed = false;
let uncaught: { error: unknown } | undefined;

// What Node was told to preload runs here too, and may end this thread at any time: a blocked owner would not hear of it.
process.on('uncaughtExceptionMonitor', (error) => void (uncaught = { error }));
process.on('exit', (code) => {
  if (closed) return;
  const thrown =
    uncaught === undefined ? new Error(`the supervisor ended with exit code ${code}`) : uncaught.error;
  tell({ type: 'lost', thrown: encodeThrown(thrown) });
});

news.nowLoaded();

port.on('message', (message: ToSupervisor) => {
  if (message.type === 'start') start(message.thread, message.data);
  else if (message.type === 'stop') void threads.get(message.thread)?.worker.terminate();
  else close();
});

function start(thread: number, data: ThreadData): void {
  let thrown: unknown;
  let failed = false;
  try {
    const worker = new Worker(new URL('./task-thread.js', import.meta.url), {
      workerData: data,
      transferList: [data.port],
    });
    threads.set(thread, { worker, progress: new Progress(data.progress) });
    worker.once('error', (error) => {
      failed = true;
      thrown = error;
    });
    worker.once('exit', (exitCode) => ended(thread, exitCode, failed ? encodeThrown(thrown) : undefined));
  } catch (error) {
    ended(thread, undefined, encodeThrown(error));
  }
}

function ended(
  thread: number,
  exitCode: number | undefined,
  thrown: ReturnType<typeof encodeThrown> | undefined,
) {
  threads.delete(thread);
  tell({ type: 'ended', thread, exitCode, thrown });
  if (closing) closeIfEmpty();
}

/** The threads have been told to end. One that is too busy to hear it, in no call of ours, is ended by force. */
function close(): void {
  closing = true;
  setTimeout(() => {
    for (const { worker, progress } of threads.values()) if (!progress.leaving) void worker.terminate();
  }, GRACE).unref();
  closeIfEmpty();
}

function closeIfEmpty(): void {
  if (threads.size > 0) return;
  tell({ type: 'closed' });
  closed = true;
  // Not by closing the port: whatever was preloaded must not hold the thread.
  process.exit(0);
}

function tell(message: FromSupervisor): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port, not a window
  port.postMessage(message);
  news.answerPosted();
  signal.raise();
}
