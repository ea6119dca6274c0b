import { arePrimitive, copyArguments } from './arguments.js';
import { Call, type CallOwner } from './call.js';
import { Crew, type CrewOwner } from './crew.js';
import { Deaths } from './deaths.js';
import { ExecutorClosedError } from './errors.js';
import { drainAtExit, mustNotBeExiting, nothingToDrain, type Drained } from './exit.js';
import { faultError, refuseArguments } from './faults.js';
import { Lifetime } from './lifetime.js';
import { Line } from './line.js';
import type { Resolved } from './options.js';
import type { ExecutorStats } from './stats.js';
import type { ThreadLink } from './thread-link.js';
import { UnaskedFailures } from './unasked-failures.js';
import type { Fault, ThreadEnd } from './wire/messages.js';
import { Signal } from './wire/signal.js';

/** Accepts calls, brings them to the threads, and their outcomes back; by blocking, or by events. */
export class Dispatcher implements CallOwner, CrewOwner, Drained {
  readonly name: string;
  readonly #options: Resolved;
  readonly #module: string;
  readonly #signal = new Signal();
  readonly #failures: UnaskedFailures;
  readonly #deaths: Deaths;
  readonly #crew: Crew;
  readonly #lifetime: Lifetime;
  readonly #capacity: number;
  /**
   * Calls that a thread is given beyond its free slots. With one thread all of them, so that it never waits for
   * this one. With more, `run` keeps its calls here, for whichever thread is free first.
   */
  readonly #readAhead: number;
  /** Calls of `run` that no thread has yet, and calls that wait for a new thread. */
  readonly #line = new Line();
  /** Calls that have not ended, those that wait for room included. */
  #total = 0;
  #closed = false;

  constructor(options: Resolved, modules: readonly string[]) {
    const { name, size, maxQueueSize, threads, onError } = options;
    mustNotBeExiting(name);
    this.name = name;
    this.#options = options;
    this.#module = modules.at(-1)!;
    this.#capacity = size + maxQueueSize;
    this.#readAhead = threads === 1 ? maxQueueSize : 0;
    this.#failures = new UnaskedFailures(name, onError);
    this.#deaths = new Deaths(name, this.#module);
    this.#crew = new Crew(this, this.#signal, { size, threads, modules });
    this.#lifetime = new Lifetime((needed) => this.#crew.keepAlive(needed));
    drainAtExit(this);
  }

  submit(fn: string, args: readonly unknown[], block: boolean): Call | undefined {
    this.refresh();
    // After that, as `onError` may have closed it.
    this.#mustBeOpen(fn);
    if (this.#total >= this.#capacity) {
      if (!block) return undefined;
      this.waitUntil(() => this.#total < this.#capacity, undefined);
      this.#mustBeOpen(fn);
    }
    // This thread may be busy for long from now on: everything accepted goes to the threads, in order.
    while (this.#line.size > 0) this.#postNext(this.#crew.mostFree());
    const call = new Call(this, fn);
    this.#post(this.#crew.mostFree(), call, args);
    this.#total++;
    return call;
  }

  run(fn: string, args: readonly unknown[]): Promise<unknown> {
    this.#mustBeOpen(fn);
    const call = new Call(this, fn);
    const link = this.#line.size === 0 ? this.#withRoom() : undefined;
    if (link !== undefined) {
      this.#post(link, call, args);
    } else {
      call.args = copyArguments(this.name, fn, args);
      this.#line.push(call);
    }
    this.#total++;
    this.#lifetime.promised();
    return call.promise();
  }

  stats(): ExecutorStats {
    this.refresh();
    const { name, size, maxQueueSize, threads } = this.#options;
    const { running } = this.#crew;
    const blocked = Math.max(0, this.#total - this.#capacity);
    const waiting = this.#total - running - blocked;
    return Object.freeze({
      name,
      running,
      waiting,
      blocked,
      size,
      maxQueueSize,
      threads,
      closed: this.#closed,
    });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#refuseBlocked();
    if (this.#total === 0) this.#crew.close();
  }

  waitForEnd(): void {
    this.waitUntil(() => this.#lifetime.ended, undefined);
  }

  untilEnd(): Promise<void> {
    return this.#lifetime.untilEnd();
  }

  closeAtExit(): void {
    this.#failures.exiting = true;
    this.close();
  }

  reportAtExit(): void {
    this.#failures.reportKept();
  }

  refresh(): void {
    this.#crew.drain();
    this.#failures.reportOldest();
  }

  hasStarted(call: Call): boolean {
    return this.#crew.hasStarted(call);
  }

  waitUntil(done: () => boolean, timeout: number | undefined): boolean {
    const end = timeout === undefined ? Infinity : performance.now() + timeout;
    for (;;) {
      const seen = this.#signal.count;
      this.refresh();
      if (done()) return true;
      const left = end - performance.now();
      if (left <= 0) return false;
      this.#signal.wait(seen, Math.min(left, this.#crew.patience));
    }
  }

  failedUnasked(call: Call): void {
    this.#failures.keep(call);
  }

  answered(call: Call, value: unknown, fault: Fault | undefined): void {
    if (fault === undefined) call.done(value);
    else this.#fail(call, faultError(fault, { executor: this.name, module: this.#module, fn: call.fn }));
    this.#callEnded(call);
  }

  died(link: ThreadLink, end: ThreadEnd): void {
    const moved = this.#deaths.survivors(link);
    this.#line.putFirst(moved);
    for (const call of link.calls.values()) {
      if (moved.has(call)) continue;
      this.#fail(call, this.#deaths.errorOf(call, link, end));
      this.#callEnded(call);
    }
    this.#dispatch();
    // Nobody's future tells of it. At the end threads are expected to end, though not by an error.
    const expected = this.#closed && this.#total === 0 && end.thrown === undefined;
    if (link.calls.size === 0 && !expected) {
      // Last, as `onError` may wait for what was dispatched.
      this.#failures.threadDied(this.#deaths.idleError(link, end));
    }
  }

  lost(links: readonly ThreadLink[], end: ThreadEnd): void {
    this.#closed = true;
    const calls = [...links.flatMap((link) => [...link.calls.values()]), ...this.#line.takeAll()];
    for (const call of calls) {
      this.#fail(call, this.#deaths.noThreads(call, this.#crew.hasStarted(call), end));
      this.#callEnded(call);
    }
    this.closed();
  }

  closed(): void {
    nothingToDrain(this);
    this.#lifetime.end();
  }

  #fail(call: Call, error: unknown): void {
    call.fail(error);
    // Whoever awaits a promise when the process exits is not told any more.
    if (this.#failures.exiting && call.isRun) this.#failures.keep(call);
  }

  #callEnded(call: Call): void {
    this.#total--;
    if (call.isRun) this.#lifetime.settled();
    this.#dispatch();
    if (this.#closed && this.#total === 0) this.#crew.close();
  }

  #dispatch(): void {
    while (this.#line.size > 0) {
      const link = this.#withRoom();
      if (link === undefined) return;
      this.#postNext(link);
    }
  }

  #withRoom(): ThreadLink | undefined {
    const link = this.#crew.mostFree();
    return link.free + this.#readAhead > 0 ? link : undefined;
  }

  #postNext(link: ThreadLink): void {
    const call = this.#line.shift()!;
    link.post(call, call.args!);
  }

  /** @throws ExecutorCloneError */
  #post(link: ThreadLink, call: Call, args: readonly unknown[]): void {
    // Only a call that will wait can outlive its thread; for the others a second copy would be in vain.
    if (link.free <= 0 || arePrimitive(args)) call.args = copyArguments(this.name, call.fn, args);
    try {
      link.post(call, call.args ?? args);
    } catch (error) {
      refuseArguments(this.name, call.fn, args, error);
    }
  }

  #mustBeOpen(fn: string): void {
    if (this.#closed) throw ExecutorClosedError.of(this.name, fn);
  }

  #refuseBlocked(): void {
    for (const call of this.#line.takeLast(Math.max(0, this.#total - this.#capacity))) {
      this.#total--;
      this.#lifetime.settled();
      this.#fail(call, ExecutorClosedError.of(this.name, call.fn));
    }
  }
}
