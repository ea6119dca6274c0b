import { ID_LENGTH } from '../../queue/message-id.js';
import type { QueueKeys } from './keys.js';
import type { Client } from './script.js';

type Deliver = (result: string) => void;

interface Waiter {
  readonly key: string;
  readonly deliver: Set<Deliver>;
}

/** How long the third connection stays after the last waiter left, in ms. */
const LINGER = 5_000;

/** Waits for results. Its connection exists only while somebody waits. */
export class ResultListener {
  private readonly waiters = new Map<string, Map<string, Waiter>>();
  private subscriber: Promise<Client> | undefined;
  private readonly subscribed = new Map<string, Promise<unknown>>();
  private lingering: NodeJS.Timeout | undefined;
  private readonly leavers = new Set<(reason: Error) => void>();

  constructor(
    private readonly commands: Client,
    private readonly open: () => Promise<Client>,
    private readonly close: (client: Client) => void,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** Subscribes, then reads what is there already, then waits. Rejects with the reason of `signal`. */
  async wait(keys: QueueKeys, id: string, signal: AbortSignal): Promise<string> {
    signal.throwIfAborted();
    let leave = (): void => {};
    try {
      return await new Promise<string>((resolve, reject) => {
        const abort = (): void => reject(signal.reason as Error);
        const exit = this.enter(keys, id, resolve);
        signal.addEventListener('abort', abort);
        this.leavers.add(reject);
        leave = () => {
          signal.removeEventListener('abort', abort);
          this.leavers.delete(reject);
          exit();
        };
        this.subscribe(keys.results)
          .then(() => this.read(keys.result(id), resolve))
          .catch(reject);
      });
    } finally {
      leave();
    }
  }

  /** Everybody who waits leaves with `reason`. */
  rejectAll(reason: Error): void {
    clearTimeout(this.lingering);
    for (const reject of this.leavers) reject(reason);
  }

  private enter(keys: QueueKeys, id: string, deliver: Deliver): () => void {
    clearTimeout(this.lingering);
    const channel = this.waiters.get(keys.results) ?? new Map<string, Waiter>();
    this.waiters.set(keys.results, channel);
    const waiter = channel.get(id) ?? { key: keys.result(id), deliver: new Set<Deliver>() };
    channel.set(id, waiter);
    waiter.deliver.add(deliver);
    return () => {
      waiter.deliver.delete(deliver);
      if (waiter.deliver.size === 0) channel.delete(id);
      if (channel.size === 0) this.waiters.delete(keys.results);
      if (this.waiters.size === 0) this.linger();
    };
  }

  private async subscribe(channel: string): Promise<void> {
    this.subscriber ??= this.connect();
    const subscriber = await this.subscriber;
    let subscribed = this.subscribed.get(channel);
    if (!subscribed) {
      subscribed = subscriber.subscribe(channel);
      this.subscribed.set(channel, subscribed);
    }
    await subscribed;
  }

  private async connect(): Promise<Client> {
    try {
      const client = await this.open();
      client.on('message', (channel: string, message: string) => {
        const waiter = this.waiters.get(channel)?.get(message.slice(0, ID_LENGTH));
        for (const deliver of waiter?.deliver ?? []) deliver(message.slice(ID_LENGTH));
      });
      // What was published while the connection was down is only in the keys.
      client.on('ready', () => void this.readAll(client).catch(this.onError));
      return client;
    } catch (error) {
      this.subscriber = undefined;
      throw error;
    }
  }

  private async read(key: string, deliver: Deliver): Promise<void> {
    const result = await this.commands.get(key);
    if (result !== null) deliver(result);
  }

  private async readAll(client: Client): Promise<void> {
    // ioredis subscribes again too, but does not say when: what is published before that must be read after it.
    if (this.waiters.size > 0) await client.subscribe(...this.waiters.keys());
    for (const channel of this.waiters.values()) {
      for (const { key, deliver } of channel.values()) {
        for (const each of deliver) this.read(key, each).catch(this.onError);
      }
    }
  }

  private linger(): void {
    this.lingering = setTimeout(() => {
      const { subscriber } = this;
      this.subscriber = undefined;
      this.subscribed.clear();
      subscriber?.then(this.close, this.onError);
    }, LINGER);
    this.lingering.unref();
  }
}
