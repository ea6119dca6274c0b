import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import { Inbox } from './inbox.js';
import {
  OWNER,
  type FromSupervisor,
  type SupervisorData,
  type ThreadData,
  type ThreadEnd,
  type ToSupervisor,
} from './wire/messages.js';
import { Progress } from './wire/progress.js';
import { reviveThrown } from './wire/revive.js';
import type { Signal } from './wire/signal.js';

/** What a supervision needs of its executor. */
export interface Supervised {
  threadEnded(end: ThreadEnd): void;
  /** All threads have ended, and so has the supervisor. */
  closed(): void;
  /** There is no supervisor, so no threads, and nobody to tell of their end. */
  lost(thrown: unknown): void;
}

/** How long a blocked thread waits for the supervisor to start, in ms; it takes some 50. */
const START_LIMIT = 10_000;

/** The owner's end of the supervisor, the thread that starts and watches the others. */
export class Supervision {
  readonly #port: MessagePort;
  readonly #worker: Worker;
  readonly #inbox: Inbox<FromSupervisor>;
  readonly #owner: Supervised;
  readonly #progress = new Progress();
  readonly #startBy = performance.now() + START_LIMIT;
  #over = false;

  constructor(signal: Signal, owner: Supervised, modules: readonly string[]) {
    const { port1, port2 } = new MessageChannel();
    this.#owner = owner;
    this.#port = port1;
    this.#inbox = new Inbox<FromSupervisor>(port1, this.#progress, {
      receive: (message) => this.#receive(message),
      unreadable: (error) => this.#lost(error),
    });
    const workerData: SupervisorData = {
      owner: OWNER,
      modules,
      port: port2,
      signal: signal.memory,
      progress: this.#progress.memory,
    };
    this.#worker = new Worker(new URL('./thread/supervisor.js', import.meta.url), {
      workerData,
      transferList: [port2],
      execArgv: execArgvForThreads(),
    });
    this.#worker.once('error', (error) => this.#lost(error));
    this.#worker.once('exit', (code) => this.#lost(new Error(`the supervisor ended with exit code ${code}`)));
    this.#worker.unref();
  }

  /**
   * The ms that a blocked thread may wait before it calls `check()`. Once the supervisor is up, it tells of
   * everything; but while it starts, something that Node was told to preload may end it.
   */
  get patience(): number {
    return this.#progress.loaded ? Infinity : Math.max(0, this.#startBy - performance.now());
  }

  check(): void {
    if (this.patience === 0) this.#lost(new Error(`the supervisor did not start within ${START_LIMIT} ms`));
  }

  start(thread: number, data: ThreadData): void {
    this.#tell({ type: 'start', thread, data }, [data.port]);
  }

  stop(thread: number): void {
    this.#tell({ type: 'stop', thread });
  }

  close(): void {
    this.#tell({ type: 'close' });
  }

  drain(): void {
    if (!this.#over) this.#inbox.drain();
  }

  /** Whether the process has to stay alive for what the threads are doing. */
  keepAlive(needed: boolean): void {
    if (needed) this.#worker.ref();
    else this.#worker.unref();
  }

  #tell(message: ToSupervisor, transferred: MessagePort[] = []): void {
    this.#port.postMessage(message, transferred);
  }

  #receive(message: FromSupervisor): void {
    if (message.type === 'ended') return this.#owner.threadEnded(message);
    if (message.type === 'lost') return this.#lost(reviveThrown(message.thrown));
    this.#over = true;
    this.#owner.closed();
  }

  #lost(thrown: unknown): void {
    // That all is closed may be said, but not heard yet.
    if (!this.#over) this.#inbox.drainLast();
    if (this.#over) return;
    this.#over = true;
    this.#port.close();
    this.#owner.lost(thrown);
  }
}

const KEPT = /^(--import|--require|-r|--conditions|-C|--loader|--experimental-loader)(=|$)/;

/**
 * Undefined: all of Node's options go on to the threads, as they do by default. But `node --input-type=module -e`
 * has one that a thread with a file refuses; then those go on that decide what a module's imports are.
 */
function execArgvForThreads(): string[] | undefined {
  const { execArgv } = process;
  if (!execArgv.some((arg) => arg.startsWith('--input-type'))) return undefined;
  return execArgv.flatMap((arg, i) => {
    if (!KEPT.test(arg)) return [];
    return arg.includes('=') ? [arg] : execArgv.slice(i, i + 2);
  });
}
