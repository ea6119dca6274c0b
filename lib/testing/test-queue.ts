import { newMessageId } from '../queue/message-id.js';
import type { EnvelopeWriter } from '../queue/payload.js';
import { TaskQueue, type Broker } from '../queue/index.js';
import { waitWithDoubt, type Doubt } from './patience.js';

/** What a queue tells its kit. */
export interface QueueWatcher {
  /** These calls are about to be stored. Never awaited here: who submits has its errors. */
  storing(store: Promise<void>): void;
  /** These calls are stored; their submit resolves when this does. */
  stored(ids: readonly string[]): Promise<void>;
  /** Somebody waits for the result of this call. */
  waited(id: string): Promise<void>;
  doubtOf(id: string): Doubt;
}

/**
 * The producer's face of a queue under test. It writes envelopes as ever, but sends each at once: calls that travel
 * together need the event loop's timers, which a test may have replaced.
 */
export class TestQueue extends TaskQueue {
  constructor(
    name: string,
    broker: Broker,
    private readonly watcher: QueueWatcher,
  ) {
    super(name, broker);
  }

  override async submit(writer: EnvelopeWriter, args: readonly unknown[]): Promise<string> {
    const ids = await this.submitMany(writer, [args]);
    return ids[0] as string;
  }

  override async submitMany(writer: EnvelopeWriter, calls: Iterable<readonly unknown[]>): Promise<string[]> {
    const ids: string[] = [];
    const storing = this.storeAll(writer, calls, ids);
    this.watcher.storing(storing);
    try {
      await storing;
    } finally {
      // Also what came before one that was refused is stored.
      await this.watcher.stored(ids);
    }
    return ids;
  }

  override async waitForResult(id: string, signal: AbortSignal): Promise<string> {
    await this.watcher.waited(id);
    return waitWithDoubt(this.watcher.doubtOf(id), (limit) =>
      super.waitForResult(id, AbortSignal.any([signal, limit])),
    );
  }

  private async storeAll(
    writer: EnvelopeWriter,
    calls: Iterable<readonly unknown[]>,
    ids: string[],
  ): Promise<void> {
    for (const args of calls) ids.push(await this.store(writer, args));
  }

  private async store(writer: EnvelopeWriter, args: readonly unknown[]): Promise<string> {
    const checking = writer.check(args);
    if (checking) await checking;
    const payload = writer.encode(args);
    const id = newMessageId();
    await this.broker.add(this.name, [{ id, envelope: writer.write(id, payload) }]);
    return id;
  }
}
