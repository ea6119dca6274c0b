/** Those that one signal ends. */
interface Watch<M> {
  readonly members: Set<M>;
  readonly listener: () => void;
}

/**
 * One listener for each signal, however many members it was given to, and none when the last of them has left: a
 * listener a member would make Node warn of a leak, and on a signal that lives as long as the process be one.
 * Each new listener is also compared with all that are there.
 */
export class SignalWatch<M> {
  readonly #watches = new WeakMap<AbortSignal, Watch<M>>();
  readonly #onAbort: (members: ReadonlySet<M>, signal: AbortSignal) => void;

  /** `onAbort` gets the members in the order in which they came; they may leave meanwhile. */
  constructor(onAbort: (members: ReadonlySet<M>, signal: AbortSignal) => void) {
    this.#onAbort = onAbort;
  }

  add(signal: AbortSignal, member: M): void {
    let watch = this.#watches.get(signal);
    if (watch === undefined) {
      const members = new Set<M>();
      watch = { members, listener: () => this.#abort(members, signal) };
      this.#watches.set(signal, watch);
      signal.addEventListener('abort', watch.listener, { once: true });
    }
    watch.members.add(member);
  }

  /** Until the end of it members may leave; who then has not left must not live as long as the signal. */
  #abort(members: ReadonlySet<M>, signal: AbortSignal): void {
    this.#onAbort(members, signal);
    this.#watches.delete(signal);
  }

  delete(signal: AbortSignal, member: M): void {
    const watch = this.#watches.get(signal);
    if (watch === undefined || !watch.members.delete(member) || watch.members.size > 0) return;
    this.#watches.delete(signal);
    signal.removeEventListener('abort', watch.listener);
  }
}
