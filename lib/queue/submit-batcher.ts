import type { NewMessage } from './broker.js';
import { BrokerClosedError, SubmitTimeoutError, SubmitUnknownError } from './errors.js';
import { SubmitGroup } from './submit-group.js';

/** What one call may carry. */
const BATCH_COUNT = 500;
/** So many leave at once, without waiting for the end of the tick. */
const ENOUGH = 500;
const MOST_FLIGHTS = 2;
const BATCH_BYTES = 1_048_576;
/** How often within the time limit it looks whether a call is overdue. */
const LOOKS = 10;

export interface SubmitLimits {
  /** Unsent messages kept, at most; then submits wait. */
  readonly count: number;
  /** And at most this many of their bytes (UTF-16 units). */
  readonly bytes: number;
  /** How long a submit waits to be stored, in ms. */
  readonly timeout: number;
}

/** One call under way. */
interface Flight {
  readonly groups: readonly SubmitGroup[];
  readonly since: number;
}

/**
 * Sends the submits of one queue. Those of one tick, and all that come while a call is under way, travel together in
 * the next one (group commit). A second call is under way only when it is large: then the broker has work while this
 * process encodes.
 */
export class SubmitBatcher {
  private groups: SubmitGroup[] = [];
  /** The last group, while it takes single messages. */
  private open: SubmitGroup | undefined;
  private head = 0;
  private count = 0;
  private bytes = 0;
  /** Of what was submitted at once, in bytes: what one who waits may bring. */
  private largest = 0;
  private readonly flights = new Set<Flight>();
  private watchdog: NodeJS.Timeout | undefined;
  private scheduled = false;
  private readonly waiting: { since: number; resolve: () => void; reject: (error: Error) => void }[] = [];

  constructor(
    private readonly queue: string,
    private readonly send: (batch: readonly NewMessage[]) => Promise<void>,
    private readonly limits: SubmitLimits,
  ) {}

  /** Whether a submit may be added now; otherwise await `room()`. */
  get hasRoom(): boolean {
    return this.count < this.limits.count && this.bytes < this.limits.bytes && this.waiting.length === 0;
  }

  /** Resolves, in order of asking, when there is room. @throws SubmitTimeoutError */
  room(): Promise<void> {
    return new Promise((resolve, reject) => this.waiting.push({ since: performance.now(), resolve, reject }));
  }

  /** The id of the message that `submit` takes next. */
  nextId(): string {
    if (!this.open || this.open.isPageFull) this.open = new SubmitGroup();
    return this.open.nextId();
  }

  /** Resolves when the message is stored. @throws what the broker's `add` throws, SubmitTimeoutError */
  submit(id: string, envelope: string): Promise<void> {
    const group = this.open as SubmitGroup;
    if (group.messages.length === 0) {
      group.since = performance.now();
      this.groups.push(group);
    }
    group.add(id, envelope);
    this.added(1, envelope.length);
    return group.stored;
  }

  /** As `submit`, for at most 500 messages: all of them or none. */
  submitGroup(group: SubmitGroup): Promise<void> {
    // What comes after it must not go before it.
    this.open = undefined;
    this.groups.push(group);
    group.since = performance.now();
    this.added(group.messages.length, group.bytes);
    return group.stored;
  }

  /** The broker closes: nothing is left to watch over. */
  close(): void {
    clearTimeout(this.watchdog);
    this.watchdog = undefined;
  }

  private added(count: number, bytes: number): void {
    this.count += count;
    this.bytes += bytes;
    if (bytes > this.largest) this.largest = bytes;
    this.schedule();
  }

  private schedule(): void {
    // A large batch leaves at once, so that the next one is encoded while the broker works.
    if (this.count >= ENOUGH) this.flush();
    else if (this.flights.size === 0 && !this.scheduled) {
      this.scheduled = true;
      // After this tick's microtasks: concurrent submits are a few promises apart.
      process.nextTick(() => {
        this.scheduled = false;
        this.flush();
      });
    }
  }

  private flush(): void {
    while (this.count > 0 && this.flights.size < (this.count >= ENOUGH ? MOST_FLIGHTS : 1)) {
      const groups = this.nextBatch();
      const flight: Flight = { groups, since: performance.now() };
      this.flights.add(flight);
      this.watch();
      const messages =
        groups.length === 1 && groups[0] ? groups[0].messages : groups.flatMap((each) => each.messages);
      this.send(messages).then(
        () => this.onSent(flight, undefined),
        (error: unknown) => this.onSent(flight, error instanceof Error ? error : new Error(String(error))),
      );
    }
  }

  private onSent(flight: Flight, error: Error | undefined): void {
    this.flights.delete(flight);
    if (error instanceof BrokerClosedError) {
      this.rejectUnsent(error);
      if (this.flights.size === 0) this.close();
    }
    // The next batch leaves before those who wait for this one go on.
    this.flush();
    for (const group of flight.groups) {
      if (error) group.reject(error);
      else group.resolve();
    }
    this.admit();
  }

  /** One timer for all calls, and not cleared when they end: to set and clear one for each costs as much as to send it. */
  private watch(): void {
    this.watchdog ??= setTimeout(() => this.look(), this.limits.timeout / LOOKS).unref();
  }

  private look(): void {
    const [oldest] = this.flights;
    this.watchdog = undefined;
    if (!oldest) return;
    // A group is as old as its first message: what comes now must not share the fate of what came long ago.
    this.open = undefined;
    if (performance.now() - oldest.since >= this.limits.timeout) this.onOverdue();
    this.watch();
  }

  private nextBatch(): SubmitGroup[] {
    const batch: SubmitGroup[] = [];
    let count = 0;
    let bytes = 0;
    for (let group = this.groups[this.head]; group; group = this.groups[this.head]) {
      count += group.messages.length;
      bytes += group.bytes;
      if (batch.length > 0 && (count > BATCH_COUNT || bytes > BATCH_BYTES)) break;
      batch.push(group);
      this.forget(group);
    }
    return batch;
  }

  /** Takes the oldest group out of the buffer. */
  private forget(group: SubmitGroup): void {
    if (group === this.open) this.open = undefined;
    this.head++;
    this.count -= group.messages.length;
    this.bytes -= group.bytes;
    if (this.head * 2 < this.groups.length && this.head < 10_000) return;
    this.groups = this.groups.slice(this.head);
    this.head = 0;
  }

  /** Lets as many in as there is room for, if they are as large as the largest; then looks again, once they submitted. */
  private admit(): void {
    if (this.waiting.length === 0) return;
    const { count, bytes } = this.limits;
    if (this.count >= count || this.bytes >= bytes) return;
    const fitting = this.largest === 0 ? 1 : Math.ceil((bytes - this.bytes) / this.largest);
    for (const each of this.waiting.splice(0, Math.max(1, Math.min(count - this.count, fitting))))
      each.resolve();
    if (this.waiting.length > 0) setImmediate(() => this.admit());
  }

  /** A call under way takes too long: nobody is left waiting for it, and nothing older than the limit is kept. */
  private onOverdue(): void {
    const { timeout } = this.limits;
    const sent = new SubmitUnknownError(
      `A submit to queue '${this.queue}' was not answered within ${timeout} ms: it may or may not be stored.`,
    );
    const latest = performance.now() - timeout;
    for (const flight of this.flights) {
      if (flight.since <= latest) for (const group of flight.groups) group.reject(sent);
    }
    const unsent = new SubmitTimeoutError(
      `A submit to queue '${this.queue}' could not be sent within ${timeout} ms and was not stored: is the broker away?`,
    );
    for (let group = this.groups[this.head]; group && group.since <= latest; group = this.groups[this.head]) {
      this.forget(group);
      group.reject(unsent);
    }
    while (this.waiting[0] && this.waiting[0].since <= latest) this.waiting.shift()?.reject(unsent);
    this.admit();
  }

  private rejectUnsent(reason: Error): void {
    for (let group = this.groups[this.head]; group; group = this.groups[this.head]) {
      this.forget(group);
      group.reject(reason);
    }
    for (const each of this.waiting.splice(0)) each.reject(reason);
  }
}
