import type { Call } from './call.js';
import { ExecutorModuleError, ExecutorThreadDiedError } from './errors.js';
import type { ThreadLink } from './thread-link.js';
import type { ThreadEnd } from './wire/messages.js';
import { reviveThrown } from './wire/revive.js';
import { messageOf } from './wire/text.js';

/** A call that was the next to start on so many threads which died first has something to do with it. */
const MAX_SUSPICIONS = 2;

/** What the end of a thread means for its calls. */
export class Deaths {
  readonly #executor: string;
  readonly #module: string;

  constructor(executor: string, module: string) {
    this.#executor = executor;
    this.#module = module;
  }

  /**
   * The calls that go to the next thread, since they did not start and their arguments are at hand. But a module
   * that ends its thread while it is imported would end that one too.
   */
  survivors(link: ThreadLink): Set<Call> {
    const calls = link.progress.loaded ? [...link.calls.values()] : [];
    const moved = calls.filter((call) => call.args !== undefined && !link.progress.hasStarted(call.number));
    // Each death must cost a call, or it could go on for ever: one that had started, or else the next to start.
    if (moved.length === calls.length && isToBlame(moved[0])) moved.shift();
    for (const call of moved) call.move();
    return new Set(moved);
  }

  /** The error of a call that goes down with its thread. */
  errorOf(call: Call, link: ThreadLink, end: ThreadEnd): Error {
    if (!link.progress.loaded) return this.#importDeath(end);
    const started = link.progress.hasStarted(call.number);
    const then = started
      ? 'the call had started: submit it again only if it may run twice'
      : 'the call had not started, and can be submitted again';
    return this.#death(`the thread of '${call.fn}' ended`, end, started, then);
  }

  /** The error to report when no call was in the thread. */
  idleError(link: ThreadLink, end: ThreadEnd): Error {
    if (!link.progress.loaded) return this.#importDeath(end);
    return this.#death('a thread ended', end, false, 'no call was in it');
  }

  /** The error of a call when there can be no threads at all. */
  noThreads(call: Call, started: boolean, end: ThreadEnd): Error {
    return this.#death(`the thread of '${call.fn}' is lost`, end, started, 'the executor is closed');
  }

  #importDeath(end: ThreadEnd): Error {
    return new ExecutorModuleError(
      `${this.#executor}: the module ${this.#module} could not be loaded: its thread ended meanwhile, ${how(end)}.`,
      causeOf(end),
    );
  }

  #death(what: string, end: ThreadEnd, started: boolean, then: string): Error {
    const { exitCode } = end;
    const message = `${this.#executor}: ${what}, ${how(end)}; ${then}.`;
    return new ExecutorThreadDiedError(message, { ...causeOf(end), started, exitCode });
  }
}

/** Nothing had started, so it may be that the arguments of the first call can't even be received. */
function isToBlame(first: Call | undefined): boolean {
  return first !== undefined && first.suspicions++ === MAX_SUSPICIONS;
}

/** None, rather than undefined, when nothing was thrown. */
function causeOf(end: ThreadEnd): ErrorOptions {
  return end.thrown === undefined ? {} : { cause: reviveThrown(end.thrown) };
}

function how(end: ThreadEnd): string {
  return end.thrown === undefined ? `with exit code ${end.exitCode}` : `by ${messageOf(causeOf(end).cause)}`;
}
