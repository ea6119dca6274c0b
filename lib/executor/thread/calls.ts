import type { MessagePort } from 'node:worker_threads';
import { NbAioPool } from '../../pool/index.js';
import type { Answer, CallMessage, Fault, ThreadData } from '../wire/messages.js';
import { Progress } from '../wire/progress.js';
import { Signal } from '../wire/signal.js';
import { textOf } from '../wire/text.js';
import { encodeThrown } from '../wire/thrown.js';

/** The module's exports, or what was thrown instead. */
export type Loaded = { readonly exports: Record<string, unknown> } | { readonly thrown: unknown };

/** Runs the calls of one thread, at most `slots` at a time and in their order, and answers each of them once. */
export class Calls {
  readonly #loaded: Loaded;
  readonly #port: MessagePort;
  readonly #signal: Signal;
  readonly #progress: Progress;
  readonly #pool: NbAioPool;
  readonly #answered: (blocked: boolean) => void;
  /** Calls that have come, and of these the ones that are not answered. */
  taken = 0;
  open = 0;

  /** `answered` is called after each answer, with whether the executor's owner was blocked. */
  constructor(data: ThreadData, loaded: Loaded, answered: (blocked: boolean) => void) {
    this.#loaded = loaded;
    this.#port = data.port;
    this.#signal = new Signal(data.signal);
    this.#progress = new Progress(data.progress);
    this.#answered = answered;
    // How much may wait is the other end's business. Nothing here submits to this pool, so it needs no context.
    this.#pool = new NbAioPool({
      maxConcurrency: data.slots,
      maxQueueSize: Number.MAX_SAFE_INTEGER,
      context: false,
    });
  }

  take([name, args]: CallMessage): void {
    const number = ++this.taken;
    this.open++;
    this.#pool.trySubmit(() => this.#run(number, name, args));
  }

  /** A message came that this thread can't read. Calls are numbered by their order, so it is known which one. */
  takeUnreadable(error: unknown): void {
    const number = ++this.taken;
    this.open++;
    this.#pool.trySubmit(() => {
      this.#progress.callStarted();
      this.#fail(number, { kind: 'clone', what: 'its arguments', thrown: encodeThrown(error) });
    });
  }

  /** Never throws and never rejects: its outcome is the answer. */
  #run(number: number, name: string, args: readonly unknown[]): void | Promise<void> {
    this.#progress.callStarted();
    const loaded = this.#loaded;
    if ('thrown' in loaded)
      return this.#fail(number, { kind: 'module', thrown: encodeThrown(loaded.thrown) });
    try {
      // A getter of what is exported may throw, too.
      const fn = exported(loaded.exports, name);
      if (typeof fn !== 'function') return this.#fail(number, notAFunction(fn, loaded.exports));
      const returned: unknown = fn(...args);
      if (isThenable(returned)) return this.#follow(number, returned);
      this.#done(number, returned);
    } catch (error) {
      this.#failThrown(number, error);
    }
  }

  async #follow(number: number, returned: PromiseLike<unknown>): Promise<void> {
    let value: unknown;
    try {
      value = await returned;
    } catch (error) {
      this.#failThrown(number, error);
      return;
    }
    this.#done(number, value);
  }

  #done(number: number, value: unknown): void {
    try {
      this.#answer([number, value]);
    } catch (error) {
      this.#fail(number, { kind: 'clone', what: 'its result', thrown: encodeThrown(error) });
    }
  }

  #failThrown(number: number, error: unknown): void {
    this.#fail(number, { kind: 'thrown', thrown: encodeThrown(error) });
  }

  #fail(number: number, fault: Fault): void {
    try {
      this.#answer([number, undefined, fault]);
    } catch (error) {
      // Every call gets an answer: this one holds nothing that a clone could stumble over.
      const thrown = { root: { text: textOf(error) }, errors: [] };
      this.#answer([number, undefined, { kind: 'thrown', thrown }]);
    }
  }

  #answer(answer: Answer): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port, not a window
    this.#port.postMessage(answer);
    this.open--;
    this.#progress.answerPosted();
    const blocked = this.#signal.blocked;
    this.#signal.raise();
    this.#answered(blocked);
  }
}

/** What is exported by that name, also by the `default` that all of a CommonJS module is where Node sees no names. */
function exported(exports: Record<string, unknown>, name: string): unknown {
  if (Object.hasOwn(exports, name)) return exports[name];
  const fallback = defaultOf(exports);
  return Object.hasOwn(fallback, name) && typeof fallback[name] === 'function' ? fallback[name] : undefined;
}

function defaultOf({ default: value }: Record<string, unknown>): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function notAFunction(found: unknown, exports: Record<string, unknown>): Fault {
  const all = { ...defaultOf(exports), ...exports };
  const known = Object.keys(all).filter((name) => typeof all[name] === 'function');
  return { kind: 'function', found: found === undefined ? undefined : `a ${typeof found}`, known };
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    value !== null &&
    (typeof value === 'object' || typeof value === 'function') &&
    typeof (value as { then?: unknown }).then === 'function'
  );
}
