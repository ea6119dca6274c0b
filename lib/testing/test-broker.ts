import type { MemoryBroker } from '../broker/memory/index.js';
import type {
  Broker,
  Claim,
  DeadMessage,
  Lease,
  NewMessage,
  QueueCounts,
  StoredEnvelope,
  StoredResult,
} from '../queue/index.js';
import type { CallBook } from './call-book.js';

const NOTHING: Claim = Object.freeze({
  lost: false,
  count: 0,
  read: () => ({ ids: [], envelopes: [], histories: new Map() }),
  size: 0,
  alone: false,
  suspects: false,
  more: false,
  dueIn: undefined,
  buried: [],
  droppedDead: 0,
});

/** The application's consumers start, pause and stop as ever, but get nothing: what runs, and when, is the test's to say. */
const PARKED: Lease = Object.freeze({
  claim: async () => NOTHING,
  arm: () => {},
  disarm: () => {},
  withdraw: async () => {},
  renewIdentity: () => {},
  close: async () => {},
});

/** The broker that the application under test sees: the embedded one, with the kit's records beside it. */
export class TestBroker implements Broker {
  constructor(
    private readonly connection: string,
    private readonly memory: MemoryBroker,
    private readonly book: CallBook,
  ) {}

  open(): Promise<void> {
    return this.memory.open();
  }

  close(): Promise<void> {
    return this.memory.close();
  }

  async add(queue: string, batch: readonly NewMessage[]): Promise<void> {
    await this.memory.open();
    // Before the answer: who is asked meanwhile what is ready must know it.
    this.book.add(this.connection, queue, batch);
    await this.memory.add(queue, batch);
  }

  lease(): Lease {
    return PARKED;
  }

  counts(queue: string): Promise<QueueCounts> {
    return this.memory.counts(queue);
  }

  async clear(queue: string): Promise<readonly StoredEnvelope[]> {
    const removed = await this.memory.clear(queue);
    for (const { id } of removed) this.book.get(id)?.clear();
    return removed;
  }

  listDead(queue: string, offset: number, limit: number): Promise<readonly DeadMessage[]> {
    return this.memory.listDead(queue, offset, limit);
  }

  storeResults(queue: string, results: readonly StoredResult[]): Promise<void> {
    return this.memory.storeResults(queue, results);
  }

  waitForResult(queue: string, id: string, signal: AbortSignal): Promise<string> {
    return this.memory.waitForResult(queue, id, signal);
  }
}
