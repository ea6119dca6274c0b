import { setImmediate } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { Client } from '../../../lib/broker/redis/script.js';
import type { Snapshot } from './snapshot.js';

export type Outcome = { readonly reply: readonly unknown[] } | { readonly error: Error };

/** A script call that somebody waits for. */
export class Call {
  /** Undefined until it is executed, and again when its reply is lost. */
  outcome: Outcome | undefined;
  /** What lay in Redis when it had been executed. */
  after: Snapshot | undefined;
  repeats = 0;

  constructor(
    readonly number: number,
    readonly owner: string,
    readonly sha: string,
    readonly script: string,
    readonly keys: readonly string[],
    readonly args: readonly string[],
    readonly settle: (outcome: Outcome) => void,
  ) {}

  /** The same, waited for by nobody. */
  late(): Call {
    const { number, owner, sha, script, keys, args } = this;
    return new Call(number, `${owner}, late`, sha, script, keys, args, () => {});
  }

  get title(): string {
    return `#${this.number} ${this.script} of ${this.owner}${this.repeats > 0 ? ', again' : ''}`;
  }
}

/**
 * Clients whose script calls go nowhere by themselves: each is executed when the test says so, answered, or executed
 * again as its reply was lost, while a copy of it may arrive much later.
 */
export class Network {
  /** In the order of their making. */
  readonly unanswered: Call[] = [];
  /** Copies on their way from connections that were given up. */
  readonly late: Call[] = [];
  private calls = 0;
  private underWay = 0;

  /** @param scripts names by hash. */
  constructor(
    private readonly raw: Redis,
    private readonly scripts: ReadonlyMap<string, string>,
    private readonly now: () => number,
  ) {}

  client(owner: string): Client {
    const client = {
      status: 'ready',
      evalsha: (sha: string, count: number, ...rest: (string | number)[]) =>
        this.send(owner, sha, rest.slice(0, count).map(String), rest.slice(count).map(String)),
      hmget: (key: string, ...fields: string[]) => this.atOnce(this.raw.hmget(key, ...fields)),
      set: (key: string, value: string, _: 'PX', ms: number) =>
        this.atOnce(this.raw.set(key, value, 'PX', ms)),
      time: () => Promise.resolve([String(Math.floor(this.now() / 1_000)), '0']),
    };
    return client as unknown as Client;
  }

  /** The call that was made last. */
  get latest(): Call {
    return this.unanswered.at(-1)!;
  }

  /** Whoever made it hears the outcome, and has done what follows from it. */
  async answer(call: Call): Promise<void> {
    this.forget(call);
    call.settle(call.outcome!);
    await this.settled();
  }

  /** It will be executed again, as after a reconnect. */
  loseReply(call: Call): void {
    call.outcome = undefined;
    call.repeats++;
  }

  /** The connection is given up as dead, but what was written to it is not lost. */
  copy(call: Call | undefined): void {
    if (call) this.late.push(call.late());
  }

  /** Its process ended: what it sent may still arrive. */
  drop(owner: string): void {
    for (const call of this.unanswered.filter((each) => each.owner === owner)) {
      this.forget(call);
      if (!call.outcome) this.copy(call);
    }
  }

  /** Resolves when everybody has gone as far as without another answer. */
  async settled(): Promise<void> {
    do {
      await setImmediate();
      await setImmediate();
    } while (this.underWay > 0);
  }

  private send(owner: string, sha: string, keys: string[], args: string[]): Promise<readonly unknown[]> {
    return new Promise((resolve, reject) => {
      const settle = (outcome: Outcome): void =>
        'error' in outcome ? reject(outcome.error) : resolve(outcome.reply);
      const script = this.scripts.get(sha) ?? sha;
      this.unanswered.push(new Call(++this.calls, owner, sha, script, keys, args, settle));
    });
  }

  /** What is no script call changes nothing that matters here: it is not delayed. */
  private async atOnce<T>(work: Promise<T>): Promise<T> {
    this.underWay++;
    return work.finally(() => this.underWay--);
  }

  private forget(call: Call): void {
    this.unanswered.splice(this.unanswered.indexOf(call), 1);
  }
}
