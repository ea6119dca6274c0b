import type { Broker, DeadMessage, QueueCounts, StoredEnvelope } from './broker.js';
import { parseEnvelope, type Envelope } from './envelope.js';
import { EnvelopeWriter } from './payload.js';
import { CLEARED } from './result.js';
import { SubmitBatcher, type SubmitLimits } from './submit-batcher.js';
import { SubmitGroup } from './submit-group.js';

/** How many messages of a `submitMany` are encoded and sent at a time, and how many of their bytes (UTF-16 units). */
const CHUNK = 500;
const CHUNK_BYTES = 1_048_576;

export const SUBMIT_LIMITS: SubmitLimits = { count: 20_000, bytes: 32 * 1_048_576, timeout: 10_000 };

/** The producer's face of one queue: every task of the queue submits through it, so their calls travel together. */
export class TaskQueue {
  private static readonly known = new WeakMap<Broker, Map<string, TaskQueue>>();

  /** The one object for a queue of a broker: its calls travel together, whoever makes them. */
  static of(broker: Broker, name: string): TaskQueue {
    const queues = TaskQueue.known.get(broker) ?? new Map<string, TaskQueue>();
    TaskQueue.known.set(broker, queues);
    const queue = queues.get(name) ?? new TaskQueue(name, broker);
    queues.set(name, queue);
    return queue;
  }

  /** Closes a broker, and what its queues keep. */
  static async close(broker: Broker): Promise<void> {
    for (const { batcher } of TaskQueue.known.get(broker)?.values() ?? []) batcher.close();
    await broker.close();
  }

  private readonly batcher: SubmitBatcher;
  private isOpen = false;

  /** @internal Use `TaskQueue.of`. */
  constructor(
    readonly name: string,
    readonly broker: Broker,
    limits: SubmitLimits = SUBMIT_LIMITS,
  ) {
    this.batcher = new SubmitBatcher(name, (batch) => broker.add(name, batch), limits);
  }

  /** Stores one call and answers its id. @throws TaskSchemaError, PayloadUnsupportedError, PayloadTooLargeError, BrokerRefusedError, SubmitTimeoutError, SubmitUnknownError */
  async submit(writer: EnvelopeWriter, args: readonly unknown[]): Promise<string> {
    const checking = writer.check(args);
    if (checking) await checking;
    if (!this.isOpen) await this.open();
    if (!this.batcher.hasRoom) await this.batcher.room();
    const payload = writer.encode(args);
    const id = this.batcher.nextId();
    await this.batcher.submit(id, writer.write(id, payload));
    return id;
  }

  /** Stores many, a chunk at a time, and answers their ids. What a chunk throws leaves the chunks before it stored. */
  async submitMany(writer: EnvelopeWriter, calls: Iterable<readonly unknown[]>): Promise<string[]> {
    if (!this.isOpen) await this.open();
    const ids: string[] = [];
    let group = new SubmitGroup();
    let previous: Promise<void> = Promise.resolve();
    const send = async (): Promise<void> => {
      if (!this.batcher.hasRoom) await this.batcher.room();
      const sending = this.batcher.submitGroup(group);
      sending.catch(() => {});
      group = new SubmitGroup();
      // One chunk under way while the next is encoded.
      await previous;
      previous = sending;
    };
    for (const args of calls) {
      const checking = writer.check(args);
      if (checking) await checking;
      const payload = writer.encode(args);
      const id = group.nextId();
      group.add(id, writer.write(id, payload));
      ids.push(id);
      if (group.messages.length === CHUNK || group.bytes >= CHUNK_BYTES) await send();
    }
    if (group.messages.length > 0) await send();
    await previous;
    return ids;
  }

  /** What waits: ready and delayed, not on loan. */
  async size(): Promise<number> {
    const { ready, delayed } = await this.counts();
    return ready + delayed;
  }

  async counts(): Promise<QueueCounts> {
    await this.open();
    return this.broker.counts(this.name);
  }

  async listDead(offset: number, limit: number): Promise<readonly DeadMessage[]> {
    await this.open();
    return this.broker.listDead(this.name, offset, limit);
  }

  /** Removes what is ready or delayed, and settles those who wait for its results. Answers how many. */
  async clear(): Promise<number> {
    await this.open();
    let count = 0;
    for (;;) {
      const removed = await this.broker.clear(this.name);
      if (removed.length === 0) return count;
      count += removed.length;
      await this.broker.storeResults(this.name, removed.flatMap(cleared));
    }
  }

  async waitForResult(id: string, signal: AbortSignal): Promise<string> {
    await this.open();
    return this.broker.waitForResult(this.name, id, signal);
  }

  private async open(): Promise<void> {
    await this.broker.open();
    this.isOpen = true;
  }
}

function cleared({ id, envelope }: StoredEnvelope): { id: string; ttl: number; result: string }[] {
  const ttl = (parseEnvelope(id, envelope) as Partial<Envelope> | null)?.result;
  // A foreign envelope may hold anything.
  return Number.isSafeInteger(ttl) && ttl! > 0 ? [{ id, ttl: ttl!, result: CLEARED }] : [];
}
