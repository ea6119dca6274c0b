import { Redis, type Cluster, type RedisOptions } from 'ioredis';
import { InvalidOptionError } from '../../errors.js';
import type { Rule } from '../../options.js';
import { BrokerClosedError, BrokerUnreachableError, BrokerUnsupportedError } from '../../queue/errors.js';
import type { Client } from './script.js';

/** A URL, ioredis options, or an ioredis instance or Cluster, which is duplicated and never closed. */
export type RedisSource = string | RedisOptions | Redis | Cluster;

const OLDEST = [6, 2] as const;

// A lost reply is sent for again, for as long as it takes: the engine's calls can be repeated without harm.
const OURS = {
  maxRetriesPerRequest: null,
  autoResendUnfulfilledCommands: true,
  enableOfflineQueue: true,
  enableReadyCheck: true,
  enableAutoPipelining: false,
  lazyConnect: true,
  // A connection that says nothing for this long while it owes a reply is half-open.
  socketTimeout: 5_000,
  // What is still open this long after a disconnect is destroyed; ioredis' timer runs also when nothing is.
  disconnectTimeout: 250,
  retryStrategy: (times: number) => Math.min(50 * 2 ** Math.min(times, 6), 1_000),
  reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
} satisfies RedisOptions;

/** The option `redis`, by its kind; `checkSource` looks closer. */
export const redisRule: Rule = (value) =>
  (typeof value === 'string' && value !== '') || (typeof value === 'object' && value !== null)
    ? undefined
    : 'a URL, ioredis options, or an ioredis instance or Cluster';

/**
 * Checks a source without connecting. The message never quotes it.
 * @throws BrokerUnsupportedError when it has a `keyPrefix`. @throws InvalidOptionError for a malformed URL.
 */
export function checkSource(source: RedisSource): void {
  if (typeof source === 'string') checkUrl(source);
  refuseKeyPrefix(source);
}

/** A copy of an error of ioredis', whose `command` holds arguments: passwords and payloads, in the reach of any logger. */
export function withoutCommand(error: unknown): Error {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  const copy = new Error(message);
  Object.defineProperty(copy, 'name', { value: name, configurable: true, writable: true });
  Object.defineProperty(copy, 'stack', { value: stack, configurable: true, writable: true });
  return copy;
}

/** Makes the connections that a broker needs, all from one source. */
export class Connections {
  private readonly opened = new Set<Client>();
  private closed = false;

  /**
   * @param connectTimeout ms until `open` gives up.
   * @throws BrokerUnsupportedError when the source has a `keyPrefix`. @throws InvalidOptionError for a malformed URL.
   */
  constructor(
    private readonly source: RedisSource,
    private readonly connectTimeout: number,
    private readonly onError: (error: Error) => void,
  ) {
    checkSource(source);
  }

  /** A cluster's queues live on different nodes: no command may name two of them. */
  get isCluster(): boolean {
    return isInstance(this.source) && this.source.isCluster;
  }

  /** Host and port, for messages: never a user name or password. */
  get address(): string {
    return addressOf(this.source);
  }

  /** Connects a new client. @throws BrokerUnreachableError after `connectTimeout` ms of trying */
  async open(): Promise<Client> {
    if (this.closed) throw new BrokerClosedError('The broker is closed: it opens no connections any more.');
    const client = this.make();
    let last: Error | undefined;
    client.on('error', (error: Error) => {
      last = withoutCommand(error);
      this.onError(last);
    });
    this.opened.add(client);
    try {
      await ready(client, this.connectTimeout);
      return client;
    } catch {
      this.close(client);
      throw new BrokerUnreachableError(
        `Redis at ${this.address} did not answer within ${this.connectTimeout} ms` +
          `${last ? ` (${last.message})` : ''}: start it, correct the 'redis' option, or use broker: 'memory'.`,
        last ? { cause: last } : undefined,
      );
    }
  }

  close(client: Client): void {
    // Once only: a second disconnect would leave a timer of ioredis behind.
    if (this.opened.delete(client)) client.disconnect();
  }

  closeAll(): void {
    this.closed = true;
    for (const client of this.opened) this.close(client);
  }

  private make(): Client {
    const { source } = this;
    const ours: RedisOptions = { ...OURS, connectTimeout: this.connectTimeout };
    if (typeof source === 'string') return new Redis(source, ours);
    if (!isInstance(source)) return new Redis({ ...source, ...ours });
    if (source.isCluster) {
      return (source as Cluster).duplicate(undefined, {
        lazyConnect: true,
        enableOfflineQueue: true,
        redisOptions: { ...(source as Cluster).options.redisOptions, ...ours },
      });
    }
    return (source as Redis).duplicate(ours);
  }
}

/** @throws BrokerUnsupportedError for a Redis older than 6.2 */
export async function checkVersion(client: Client, address: string): Promise<void> {
  const info = await client.info('server');
  const version = /redis_version:(\d+)\.(\d+)/.exec(info);
  if (!version) return;
  const [major, minor] = [Number(version[1]), Number(version[2])];
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return;
  throw new BrokerUnsupportedError(
    `Redis at ${address} is version ${major}.${minor}, but ${OLDEST.join('.')} or newer is needed: upgrade it.`,
  );
}

function ready(client: Client, timeout: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => settle(new Error('timeout')), timeout);
    const settle = (error?: Error): void => {
      clearTimeout(timer);
      client.off('ready', settle);
      client.off('end', onEnd);
      if (error) reject(error);
      else resolve();
    };
    const onEnd = (): void => settle(new Error('closed'));
    client.once('ready', settle);
    client.once('end', onEnd);
    // Its promise fails with the first attempt, but the attempts go on; 'ready' and the timer decide.
    client.connect().catch(() => {});
  });
}

function isInstance(source: RedisSource): source is Redis | Cluster {
  return typeof source === 'object' && typeof (source as Redis).duplicate === 'function';
}

function keyPrefixOf(source: RedisSource): string | null | undefined {
  // ioredis takes options from the query of a URL, too.
  if (typeof source === 'string') return new URL(source).searchParams.get('keyPrefix');
  if (!isInstance(source)) return source.keyPrefix;
  return source.options.keyPrefix ?? (source as Cluster).options.redisOptions?.keyPrefix;
}

function refuseKeyPrefix(source: RedisSource): void {
  const keyPrefix = keyPrefixOf(source);
  if (keyPrefix) {
    throw new BrokerUnsupportedError(
      `The ioredis 'keyPrefix' ${JSON.stringify(keyPrefix)} can't be used, as scripts don't see it: use the option 'prefix'.`,
    );
  }
}

function checkUrl(url: string): void {
  if (URL.canParse(url) && /^rediss?:$/.test(new URL(url).protocol)) return;
  // Not quoted: what is no URL may still hold a password.
  throw new InvalidOptionError(
    "option 'redis' must be a URL like redis://localhost:6379/0, but what was given is none.",
  );
}

function addressOf(source: RedisSource): string {
  if (typeof source === 'string') {
    const { hostname, port } = new URL(source);
    return `${hostname || 'localhost'}:${port || 6379}`;
  }
  if (!isInstance(source)) return source.path ?? `${source.host ?? 'localhost'}:${source.port ?? 6379}`;
  if (source.isCluster) return 'a cluster';
  const { host, port, path } = (source as Redis).options;
  return path ?? `${host}:${port}`;
}
