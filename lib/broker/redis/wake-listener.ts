import { randomDigits } from '../../queue/message-id.js';
import type { QueueKeys } from './keys.js';
import { QueueWatch, type Scouting, type Watch } from './queue-watch.js';
import type { Client } from './script.js';
import { sweep } from './scripts.js';

/** At most this long between two looks at an idle queue, in ms: what a token lost to a frozen process costs. */
const LONGEST_WAIT = 2_000;
/** A queue just woken mostly asks again within this time, in ms: waiting for it saves an interruption. */
const REGROUP = 2;
const RETRY = 500;

/**
 * Waits for work on all queues of a process with one blocking connection: BLPOP on the wake lists of those that are
 * armed, and one sweep over them when that times out. A queue that is full is not in it, so it eats no token that an
 * idle process needs.
 */
export class WakeListener {
  private readonly watches = new Set<QueueWatch>();
  private readonly interruptKey: string;
  private blocking: Client | undefined;
  /** What the BLPOP under way waits for. */
  private waitingFor: ReadonlySet<QueueWatch> | undefined;
  /** The scout in line behind it. */
  private scouting: Promise<void> | undefined;
  private regroup: (() => void) | undefined;
  private looping = false;
  private closed = false;

  /**
   * @param base what the keys of a queue start with: on a cluster its own key must live with them.
   * @param commands a connection that does not block. @param openBlocking opens the one that does.
   * @param onError hears what kept it from waiting; it tries again.
   */
  constructor(
    base: string,
    private readonly commands: Client,
    private readonly openBlocking: () => Promise<Client>,
    private readonly onError: (error: unknown) => void,
  ) {
    this.interruptKey = `${base}interrupt:${randomDigits(16)}`;
  }

  /** @param lease in ms: a queue is looked at often enough that nobody takes it for unattended. */
  watch(keys: QueueKeys, lease: number, wake: () => void, scouting: Scouting): Watch {
    const watch: QueueWatch = new QueueWatch(keys, lease, wake, scouting, {
      onArmed: () => this.onArmed(watch),
      onWithdrawn: () => this.withdrawScout(),
      onClosed: () => void this.watches.delete(watch),
    });
    this.watches.add(watch);
    return watch;
  }

  close(): void {
    this.closed = true;
    this.regroup?.();
    for (const watch of this.watches) void watch.close();
  }

  private async withdrawScout(): Promise<void> {
    if (!this.scouting || this.closed) return;
    this.interrupt();
    // What it failed of, the loop hears.
    await this.scouting.catch(() => {});
  }

  private onArmed(watch: QueueWatch): void {
    if (this.closed) return;
    if (!this.looping) {
      this.looping = true;
      void this.loop();
    } else if (this.waitingFor && !this.waitingFor.has(watch)) {
      this.interrupt();
    } else if (this.armed().length === this.watches.size) {
      this.regroup?.();
    }
  }

  private armed(): QueueWatch[] {
    return [...this.watches].filter((watch) => watch.isArmed);
  }

  private async loop(): Promise<void> {
    while (this.armed().length > 0 && !this.closed) {
      try {
        await this.waitOnce();
        if (this.armed().length < this.watches.size) await this.regrouped();
      } catch (error) {
        if (this.closed) return;
        this.onError(error);
        await this.pause(RETRY);
      }
    }
    this.looping = false;
  }

  private async waitOnce(): Promise<void> {
    const blocking = await this.connection();
    // Only now: a queue that was armed while this connected is in it.
    const armed = this.armed();
    if (armed.length === 0) return;
    const wait = Math.min(LONGEST_WAIT, ...armed.map(({ lease }) => lease / 4));
    this.waitingFor = new Set(armed);
    try {
      const names = armed.map((watch) => watch.keys.wake);
      const waiting = blocking.blpop(...names, this.interruptKey, wait / 1_000);
      // With several queues it would have to know which of them the token is for.
      const [only] = this.watches.size === 1 ? armed : [];
      this.scouting = only?.scouting.sendScout(blocking, wait);
      const [token] = await Promise.all([waiting, this.scouting]);
      // A scout sees, and says, whatever there is to see.
      if (this.scouting) return;
      if (token === null) await this.sweep(armed);
      else if (token[0] !== this.interruptKey) this.ring(token[0]);
    } finally {
      this.waitingFor = this.scouting = undefined;
    }
  }

  private ring(wakeKey: string): void {
    const watch = this.armed().find((each) => each.keys.wake === wakeKey);
    if (watch) watch.ring();
    // Its queue has become full since: the token is for a process that has room.
    else this.commands.rpush(wakeKey, '1').catch(this.onError);
  }

  private async sweep(armed: QueueWatch[]): Promise<void> {
    const found = await sweep(this.commands, armed);
    for (const [i, watch] of armed.entries()) {
      const [work, due] = found[i] ?? [true, -1];
      if (work) watch.ring();
      else if (due >= 0) watch.dueIn(due);
    }
  }

  /** A token of its own ends the BLPOP under way: unlike CLIENT UNBLOCK it can't come too early. */
  private interrupt(): void {
    this.waitingFor = undefined;
    const push = this.commands.rpush(this.interruptKey, '1');
    const expire = this.commands.pexpire(this.interruptKey, 10_000);
    // If it fails (out of memory), the time limit of the BLPOP does the same a little later.
    Promise.all([push, expire]).catch(this.onError);
  }

  private async connection(): Promise<Client> {
    if (this.blocking) return this.blocking;
    this.blocking = await this.openBlocking();
    // After an outage: look at everything.
    this.blocking.on('ready', () => {
      for (const watch of this.armed()) watch.ring();
    });
    return this.blocking;
  }

  private regrouped(): Promise<void> {
    return this.pause(REGROUP);
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.regroup = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
