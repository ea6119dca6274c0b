import type { Call } from './call.js';
import { Supervision, type Supervised } from './supervision.js';
import { ThreadLink, type LinkOwner } from './thread-link.js';
import { OWNER, type Fault, type ThreadEnd } from './wire/messages.js';
import { encodeThrown } from './wire/thrown.js';
import type { Signal } from './wire/signal.js';

/** What a crew needs of its executor. */
export interface CrewOwner {
  answered(call: Call, value: unknown, fault: Fault | undefined): void;
  /** A thread has ended, with the calls that it still had. */
  died(link: ThreadLink, end: ThreadEnd): void;
  closed(): void;
  /** There are no threads any more, and there can be none; these had calls. */
  lost(links: readonly ThreadLink[], end: ThreadEnd): void;
}

interface Terms {
  readonly size: number;
  readonly threads: number;
  readonly modules: readonly string[];
}

/** The threads of an executor: each has its share of the slots, and is replaced, when needed, after its end. */
export class Crew implements Supervised, LinkOwner {
  readonly #owner: CrewOwner;
  readonly #signal: Signal;
  readonly #modules: readonly string[];
  readonly #supervision: Supervision;
  readonly #shares: readonly number[];
  /** By place; undefined where a thread ended and no call has needed a new one yet. */
  readonly #links: (ThreadLink | undefined)[];
  #started = 0;

  constructor(owner: CrewOwner, signal: Signal, { size, threads, modules }: Terms) {
    this.#owner = owner;
    this.#signal = signal;
    this.#modules = modules;
    this.#supervision = new Supervision(signal, this, modules);
    this.#shares = Array.from({ length: threads }, (_, place) => Math.floor((size + place) / threads));
    this.#links = this.#shares.map((slots) => this.#start(slots));
  }

  /** The thread with the most free slots. */
  mostFree(): ThreadLink {
    let best = 0;
    for (let place = 1; place < this.#links.length; place++) {
      if (this.#freeAt(place) > this.#freeAt(best)) best = place;
    }
    return (this.#links[best] ??= this.#start(this.#shares[best]!));
  }

  get running(): number {
    return this.#links.reduce((sum, link) => sum + (link?.running ?? 0), 0);
  }

  hasStarted(call: Call): boolean {
    const link = this.#links.find((each) => each?.thread === call.thread);
    return link !== undefined && link.progress.hasStarted(call.number);
  }

  drain(): void {
    for (const link of this.#links) link?.drain();
    this.#supervision.drain();
    this.#supervision.check();
  }

  /** The ms that a blocked thread may wait before it drains again. */
  get patience(): number {
    return this.#supervision.patience;
  }

  /** No call is left, and none will come. `closed` of the owner follows. */
  close(): void {
    for (const link of this.#links) link?.end();
    this.#supervision.close();
  }

  keepAlive(needed: boolean): void {
    this.#supervision.keepAlive(needed);
  }

  answered(call: Call, value: unknown, fault: Fault | undefined): void {
    this.#owner.answered(call, value, fault);
  }

  unreadable(link: ThreadLink): void {
    this.#supervision.stop(link.thread);
  }

  threadEnded(end: ThreadEnd): void {
    const place = this.#links.findIndex((each) => each?.thread === end.thread);
    const link = this.#links[place]!;
    // All that it answered was posted before its end.
    link.close();
    this.#links[place] = undefined;
    this.#owner.died(link, end);
  }

  closed(): void {
    this.#owner.closed();
  }

  lost(thrown: unknown): void {
    const end: ThreadEnd = { type: 'ended', thread: -1, exitCode: undefined, thrown: encodeThrown(thrown) };
    const links = this.#links.filter((link) => link !== undefined);
    for (const link of links) link.close();
    this.#owner.lost(links, end);
    this.#links.fill(undefined);
  }

  #freeAt(place: number): number {
    return this.#links[place]?.free ?? this.#shares[place]!;
  }

  #start(slots: number): ThreadLink {
    const link = new ThreadLink(this.#started++, slots, this);
    this.#supervision.start(link.thread, {
      owner: OWNER,
      port: link.farPort,
      signal: this.#signal.memory,
      progress: link.progress.memory,
      slots,
      modules: this.#modules,
    });
    return link;
  }
}
