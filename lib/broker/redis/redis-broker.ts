import { BrokerClosedError, BrokerRefusedError, SubmitUnknownError } from '../../queue/errors.js';
import type {
  Broker,
  Claim,
  DeadMessage,
  Lease,
  LeaseOptions,
  NewMessage,
  QueueCounts,
  StoredEnvelope,
  StoredResult,
} from '../../queue/broker.js';
import { MAX_BATCH } from '../../queue/broker.js';
import { checkOptions, callable, milliseconds, nonEmptyString } from '../../options.js';
import { Calls } from './calls.js';
import { checkVersion, Connections, redisRule, withoutCommand, type RedisSource } from './connection.js';
import { QueueKeys } from './keys.js';
import { RedisLease } from './lease.js';
import { Producer } from './producer.js';
import { ResultListener } from './result-listener.js';
import type { Client } from './script.js';
import * as scripts from './scripts.js';
import { WakeListener } from './wake-listener.js';

/** Options of `RedisBroker`. */
export interface RedisBrokerOptions {
  /** A URL, ioredis options, an ioredis instance or a Cluster. Default `REDIS_URL`, else `redis://localhost:6379/0`. */
  redis?: RedisSource;
  /** What every key starts with. Default `nb`. */
  prefix?: string;
  /** How long `open` tries to connect, in ms. Default 5,000, minimum 1. */
  connectTimeout?: number;
  /** Hears connection errors; the broker goes on by itself. Default: nobody. */
  onError?: (error: Error) => void;
}

/** Envelopes are read to see who waits for their results: not too many at once. */
const CLEAR_CHUNK = 100;

const RULES = {
  redis: redisRule,
  prefix: nonEmptyString,
  connectTimeout: milliseconds(1),
  onError: callable,
};

/** The Redis engine (6.2 to 8, Valkey, Cluster). `docs/architecture.md` explains it, `docs/wire-protocol.md` its keys. */
export class RedisBroker implements Broker {
  private readonly connections: Connections;
  private readonly prefix: string;
  private readonly onError: (error: Error) => void;
  private readonly keysOf = new Map<string, QueueKeys>();
  private readonly listeners = new Set<WakeListener>();
  private shared: WakeListener | undefined;
  private commands: Client | undefined;
  private opening: Promise<void> | undefined;
  private producer: Producer | undefined;
  private results: ResultListener | undefined;
  private closed = false;
  private readonly unanswered = new Calls();

  /** @throws UnknownOptionError, InvalidOptionError, BrokerUnsupportedError (an ioredis instance with a `keyPrefix`) */
  constructor(options: RedisBrokerOptions = {}) {
    checkOptions('RedisBroker', options, RULES);
    this.prefix = options.prefix ?? 'nb';
    this.onError = options.onError ?? (() => {});
    const redis = options.redis ?? process.env['REDIS_URL'] ?? 'redis://localhost:6379/0';
    this.connections = new Connections(redis, options.connectTimeout ?? 5_000, this.onError);
  }

  /** Host and port, for messages. */
  get address(): string {
    return this.connections.address;
  }

  open(): Promise<void> {
    this.opening ??= this.connect().catch((error: unknown) => {
      // The next call tries again: the server may be up by then.
      this.opening = undefined;
      throw error;
    });
    return this.opening;
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const listener of this.listeners) listener.close();
    this.results?.rejectAll(new BrokerClosedError('The broker was closed before the result came.'));
    this.connections.closeAll();
    // While it reconnects, ioredis forgets its calls without a word.
    this.unanswered.rejectAll(new Error('closed'));
    await Promise.resolve();
  }

  async add(queue: string, batch: readonly NewMessage[]): Promise<void> {
    const producer = this.opened(this.producer);
    if (batch.length === 0) return;
    await this.call(producer.add(this.keys(queue), batch), () => {
      // Sent, and never answered.
      return new SubmitUnknownError(
        `The broker was closed before Redis answered: it is not known whether ${batch.length} messages were stored.`,
      );
    });
  }

  lease(queue: string, options: LeaseOptions, wake: (brought?: Claim) => void): Lease {
    const keys = this.keys(queue);
    const commands = this.opened(this.commands);
    const call = <T>(work: Promise<T>): Promise<T> => this.call(work);
    return new RedisLease(commands, keys, options, wake, call, (lease) =>
      this.listener(commands, keys).watch(keys, options.lease, wake, lease),
    );
  }

  async counts(queue: string): Promise<QueueCounts> {
    return this.call(scripts.counts(this.opened(this.commands), this.keys(queue)));
  }

  async clear(queue: string): Promise<readonly StoredEnvelope[]> {
    return this.call(scripts.clear(this.opened(this.commands), this.keys(queue), CLEAR_CHUNK));
  }

  async listDead(queue: string, offset: number, limit: number): Promise<readonly DeadMessage[]> {
    return this.call(
      scripts.listDead(this.opened(this.commands), this.keys(queue), offset, Math.min(limit, MAX_BATCH)),
    );
  }

  async storeResults(queue: string, results: readonly StoredResult[]): Promise<void> {
    if (results.length === 0) return;
    await this.call(scripts.storeResults(this.opened(this.commands), this.keys(queue), results));
  }

  async waitForResult(queue: string, id: string, signal: AbortSignal): Promise<string> {
    const commands = this.opened(this.commands);
    this.results ??= new ResultListener(
      commands,
      () => this.connections.open(),
      (client) => this.connections.close(client),
      (error) => this.report(error),
    );
    return this.results.wait(this.keys(queue), id, signal);
  }

  private async connect(): Promise<void> {
    const client = await this.connections.open();
    try {
      await checkVersion(client, this.address);
      this.commands = client;
      this.producer = await Producer.create(client);
    } catch (error) {
      this.connections.close(client);
      throw error;
    }
  }

  /** One blocking connection a process; on a cluster one for each queue, as a BLPOP can't name two slots. */
  private listener(commands: Client, keys: QueueKeys): WakeListener {
    if (this.shared && !this.connections.isCluster) return this.shared;
    const open = (): Promise<Client> => this.connections.open();
    this.shared = new WakeListener(keys.base, commands, open, (error) => this.report(error));
    this.listeners.add(this.shared);
    return this.shared;
  }

  private keys(queue: string): QueueKeys {
    const known = this.keysOf.get(queue);
    if (known) return known;
    const keys = new QueueKeys(this.prefix, queue);
    this.keysOf.set(queue, keys);
    return keys;
  }

  private opened<T>(part: T | undefined): T {
    if (this.closed) throw new BrokerClosedError('The broker is closed: it takes no calls any more.');
    if (part === undefined) throw new BrokerClosedError('The broker is not open yet: await open() first.');
    return part;
  }

  private async call<T>(work: Promise<T>, onClosed?: () => Error): Promise<T> {
    try {
      return await this.unanswered.track(work);
    } catch (error) {
      if (this.closed)
        throw onClosed?.() ?? new BrokerClosedError('The broker was closed before Redis answered.');
      if (!(error instanceof Error) || error.name !== 'ReplyError') throw error;
      throw new BrokerRefusedError(
        `Redis at ${this.address} refused a call and applied nothing: ${error.message}`,
        {
          cause: withoutCommand(error),
        },
      );
    }
  }

  private report(error: unknown): void {
    if (!this.closed) this.onError(withoutCommand(error));
  }
}
