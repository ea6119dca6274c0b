import type { NewMessage } from '../../queue/broker.js';
import { SubmitUnknownError } from '../../queue/errors.js';
import { randomDigits } from '../../queue/message-id.js';
import type { QueueKeys } from './keys.js';
import type { Client } from './script.js';
import { add, type AddReply } from './scripts.js';

/** Redis forgets a producer that it did not hear for a day; a call this old (ms) could not be told from a repeat. */
export const CALL_LIFE = 12 * 3_600_000;

/** The calls of one queue, by their numbers. */
class Line {
  /** The number of the last call made. */
  private last = 0;
  /** Those under way; few, as submits travel together. */
  private underWay: number[] = [];
  private early: { readonly sequence: number; readonly resolve: () => void }[] = [];

  /** All calls up to this one are answered. */
  get answered(): number {
    return (this.underWay[0] ?? this.last + 1) - 1;
  }

  begin(): number {
    this.underWay.push(++this.last);
    return this.last;
  }

  end(sequence: number): void {
    this.underWay = this.underWay.filter((each) => each !== sequence);
    const [next] = this.underWay;
    for (const each of this.early) if (each.sequence === next) each.resolve();
    this.early = this.early.filter((each) => each.sequence !== next);
  }

  /** Resolves when all calls before this one are answered. */
  turnOf(sequence: number): Promise<void> {
    if (this.underWay[0] === sequence) return Promise.resolve();
    return new Promise((resolve) => this.early.push({ sequence, resolve }));
  }
}

/**
 * Numbers the calls of a process, one sequence a queue: a repeat, after a lost reply, adds nothing. Calls may overlap;
 * one that overtook another (it was resent on its own) is told that it came early, and waits for its turn.
 */
export class Producer {
  private readonly id = randomDigits(16);
  private readonly lines = new Map<string, Line>();

  private constructor(
    private readonly client: Client,
    private serverTime: number,
    private readAt: number,
  ) {}

  static async create(client: Client): Promise<Producer> {
    const [seconds] = await client.time();
    return new Producer(client, Number(seconds) * 1_000, performance.now());
  }

  async add(keys: QueueKeys, batch: readonly NewMessage[]): Promise<void> {
    const line = this.lineOf(keys);
    const sequence = line.begin();
    try {
      let reply = await this.call(keys, line, sequence, batch);
      while (reply.status === 'early') {
        await line.turnOf(sequence);
        reply = await this.call(keys, line, sequence, batch);
      }
      this.check(reply, batch.length);
    } finally {
      line.end(sequence);
    }
  }

  private call(
    keys: QueueKeys,
    line: Line,
    sequence: number,
    batch: readonly NewMessage[],
  ): Promise<AddReply> {
    const call = { producer: this.id, sequence, answered: line.answered, deadline: this.deadline() };
    return add(this.client, keys, call, batch);
  }

  private check({ status, now }: AddReply, count: number): void {
    // Also when this came too late: after a night in which the machine was suspended all that follows would, too.
    this.serverTime = now;
    this.readAt = performance.now();
    if (status !== 'expired') return;
    throw new SubmitUnknownError(
      `A call of ${count} messages reached Redis more than ${CALL_LIFE / 3_600_000} hours late: ` +
        'it was not stored now, but may have been the first time.',
    );
  }

  private lineOf({ base }: QueueKeys): Line {
    const known = this.lines.get(base);
    if (known) return known;
    const line = new Line();
    this.lines.set(base, line);
    return line;
  }

  private deadline(): number {
    return Math.floor(this.serverTime + performance.now() - this.readAt) + CALL_LIFE;
  }
}
