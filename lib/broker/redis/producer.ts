import type { NewMessage } from '../../queue/broker.js';
import { SubmitUnknownError } from '../../queue/errors.js';
import { randomDigits } from '../../queue/message-id.js';
import type { QueueKeys } from './keys.js';
import type { Client } from './script.js';
import { add } from './scripts.js';

/** Redis forgets a producer that it did not hear for a day; a call this old (ms) could not be told from a repeat. */
const CALL_LIFE = 12 * 3_600_000;

/**
 * Numbers the calls of a process, one sequence a queue: a repeat, after a lost reply, adds nothing.
 * Calls of one queue must not overlap (one that overtook another would make that look like a repeat).
 */
export class Producer {
  private readonly id = randomDigits(16);
  private readonly sequences = new Map<string, number>();

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
    const sequence = (this.sequences.get(keys.base) ?? 0) + 1;
    this.sequences.set(keys.base, sequence);
    const reply = await add(
      this.client,
      keys,
      { producer: this.id, sequence, deadline: this.deadline() },
      batch,
    );
    if (reply.status === 'expired') {
      throw new SubmitUnknownError(
        `A call of ${batch.length} messages reached Redis more than ${CALL_LIFE / 3_600_000} hours late: ` +
          'it was not stored now, but may have been the first time.',
      );
    }
    this.serverTime = reply.now;
    this.readAt = performance.now();
  }

  private deadline(): number {
    return Math.floor(this.serverTime + performance.now() - this.readAt) + CALL_LIFE;
  }
}
