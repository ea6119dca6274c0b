import type { QueueKeys } from '../../../lib/broker/redis/keys.js';
import { CALL_LIFE, Producer } from '../../../lib/broker/redis/producer.js';
import type { NewMessage } from '../../../lib/queue/broker.js';
import { SubmitUnknownError } from '../../../lib/queue/errors.js';
import type { Fates } from './fates.js';
import type { Call, Network } from './network.js';

/** Producers, which must be told what has become of their messages. */
export class Submitter {
  private readonly producers: Producer[] = [];
  private pages = 0;
  /**
   * The longest that a submit took, ms. Producers know the server's time as of their last answer, and that may be so
   * old when they read it: they take their calls for older.
   */
  private longest = 0;

  private constructor(
    private readonly network: Network,
    private readonly keys: QueueKeys,
    private readonly truth: { readonly fates: Fates },
    private readonly onFault: (error: Error) => void,
  ) {}

  static async start(
    network: Network,
    keys: QueueKeys,
    truth: { readonly fates: Fates },
    onFault: (error: Error) => void,
  ): Promise<Submitter> {
    const submitter = new Submitter(network, keys, truth, onFault);
    for (const name of ['p1', 'p2']) submitter.producers.push(await Producer.create(network.client(name)));
    return submitter;
  }

  submit(producer: number, pages: readonly number[], long: boolean): Call {
    const batch = pages.flatMap((count) => this.newPage(count, long));
    const ids = batch.map(({ id }) => id);
    const sentAt = performance.now();
    this.producers[producer]!.add(this.keys, batch)
      .finally(() => (this.longest = Math.max(this.longest, performance.now() - sentAt)))
      .then(
        () => this.check(ids, true),
        (error: Error) => this.onRefused(ids, error, performance.now() - sentAt),
      );
    return this.network.latest;
  }

  private onRefused(ids: readonly string[], error: Error, after: number): void {
    if (/OOM|READONLY/.test(error.message)) return this.check(ids, false);
    if (!(error instanceof SubmitUnknownError && after + this.longest > CALL_LIFE)) this.onFault(error);
  }

  /** All of it is stored, or nothing. */
  private check(ids: readonly string[], isStored: boolean): void {
    const wrong = ids.filter((id) => this.truth.fates.isKnown(id) !== isStored);
    if (wrong.length === 0) return;
    this.onFault(new Error(`${isStored ? 'not stored' : 'refused, but stored'}: ${wrong.join(', ')}`));
  }

  /** Ids that sort as they are made, and are the same in each run. */
  private newPage(count: number, long: boolean): NewMessage[] {
    const page = `page${String(++this.pages).padStart(16, '0')}`;
    return Array.from({ length: count }, (_, i) => {
      const id = page + String(i).padStart(2, '0');
      const args = [long ? 'long'.repeat(750) : i];
      return { id, envelope: JSON.stringify({ v: 1, id, task: 't', args }) };
    });
  }
}
