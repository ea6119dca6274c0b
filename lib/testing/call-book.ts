import { parseEnvelope } from '../queue/envelope.js';
import type { NewMessage } from '../queue/index.js';
import { CallRecord } from './call-record.js';
import type { TestClock } from './test-clock.js';

/** All calls of one kit, in the order of their submits. */
export class CallBook {
  private readonly records = new Map<string, CallRecord>();

  constructor(private readonly clock: TestClock) {}

  add(connection: string, queue: string, batch: readonly NewMessage[]): void {
    for (const { id, envelope } of batch) {
      const parsed = parseEnvelope(id, envelope);
      this.records.set(id, new CallRecord(id, connection, queue, parsed, this.clock.now()));
    }
  }

  get(id: string): CallRecord | undefined {
    return this.records.get(id);
  }

  all(): CallRecord[] {
    return [...this.records.values()];
  }

  /** Those that can run: what was ready first comes first, whatever its queue. */
  ready(): CallRecord[] {
    const now = this.clock.now();
    return this.all()
      .filter((record) => record.state(now) === 'ready')
      .toSorted((a, b) => a.dueAt - b.dueAt);
  }

  /** When the next one that is delayed is due. */
  nextDue(): number | undefined {
    const now = this.clock.now();
    const dues = this.all().flatMap((record) => (record.state(now) === 'delayed' ? [record.dueAt] : []));
    return dues.toSorted((a, b) => a - b)[0];
  }

  forget(): void {
    this.records.clear();
  }
}
