import { setImmediate } from 'node:timers';
import type { Call } from './call.js';
import type { ExecutorErrorInfo } from './options.js';
import { writeWhole } from './thread/synchronous-output.js';

type OnError = (error: unknown, info: ExecutorErrorInfo) => unknown;

/** Synchronous code may fail a million calls before its turn ends: the oldest are then reported before it does. */
const MAX_KEPT = 1_000;

/** Brings the failures that nobody asked about to `onError`, each of them once. */
export class UnaskedFailures {
  /** Set when the process exits: warnings and timers would come too late. */
  exiting = false;
  readonly #executor: string;
  readonly #onError: OnError | undefined;
  readonly #kept = new Set<Call>();
  /** Of threads that died at exit with no call in them. */
  #deaths: Error[] = [];
  #due = false;
  #reportingOldest = false;

  constructor(executor: string, onError: OnError | undefined) {
    this.#executor = executor;
    this.#onError = onError;
  }

  /**
   * Reports unless somebody asks until the end of the turn in which this thread heard of the failure. Never now: the
   * call is just being settled, and `onError` may wait for what ends only after that.
   */
  keep(call: Call): void {
    this.#kept.add(call);
    if (this.#due || this.exiting) return;
    this.#due = true;
    setImmediate(() => {
      this.#due = false;
      this.reportKept();
    });
  }

  /** Reports the oldest of too many. To be called when all counts are settled. */
  reportOldest(): void {
    // An `onError` that submits comes here once more: it must not pile up on the stack.
    // At exit all wait: what was accepted has to end first, and nothing more is accepted.
    if (this.#reportingOldest || this.exiting) return;
    this.#reportingOldest = true;
    for (const call of this.#kept) {
      if (this.#kept.size <= MAX_KEPT) break;
      this.#reportUnlessAsked(call, true);
    }
    this.#reportingOldest = false;
  }

  /** Reports that a thread died with no call in it. */
  threadDied(error: Error): void {
    if (this.exiting) this.#deaths.push(error);
    else this.report(error, undefined);
  }

  reportKept(): void {
    for (const error of this.#deaths.splice(0)) this.report(error, undefined);
    for (const call of this.#kept) this.#reportUnlessAsked(call, false);
  }

  /** `onError` is the user's: neither its throwing nor its promise may get any further. */
  report(error: unknown, call: Call | undefined, atOnce = false): void {
    const info = {
      executor: this.#executor,
      function: call?.fn,
      future: call?.isRun === true ? undefined : call,
    };
    const failed = (reason: unknown): void =>
      this.#say(`onError of ${this.#executor} failed itself`, 'NB_ON_ERROR_FAILED', reason, atOnce);
    if (this.#onError === undefined) {
      const what = call === undefined ? 'a thread' : `'${call.fn}'`;
      this.#say(
        `${what} of ${this.#executor} failed; ask for its result() or set onError`,
        'NB_UNASKED_FAILURE',
        error,
        atOnce,
      );
      return;
    }
    try {
      void Promise.resolve(this.#onError(error, info)).catch(failed);
    } catch (reason) {
      failed(reason);
    }
  }

  #reportUnlessAsked(call: Call, atOnce: boolean): void {
    this.#kept.delete(call);
    if (!call.asked || (this.exiting && call.isRun)) this.report(call.error, call, atOnce);
  }

  /** A process warning; or, where that would wait for a turn that does not come soon, a text on stderr. */
  #say(message: string, code: string, error: unknown, atOnce: boolean): void {
    const detail = describe(error);
    if (!this.exiting && !atOnce) {
      process.emitWarning(message, { type: 'NbAioPoolWarning', code, detail });
      return;
    }
    try {
      const text = `(node:${process.pid}) [${code}] NbAioPoolWarning: ${message}\n${detail}\n`;
      writeWhole(2, Buffer.from(text));
    } catch {
      // stderr is closed: there is nobody left to tell.
    }
  }
}

/** Anything can be thrown, also what cannot be turned into a string. */
function describe(error: unknown): string {
  try {
    if (!(error instanceof Error)) return String(error);
    const text = error.stack ?? error.message;
    return error.cause === undefined ? text : `${text}\n[cause]: ${describe(error.cause)}`;
  } catch {
    return 'a value that cannot be shown';
  }
}
