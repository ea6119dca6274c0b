import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';
import type { Call, Outcome } from './network.js';
import { READ_ALL, Snapshot, type StoredKey } from './snapshot.js';

const FOLDER = new URL('../../../lib/broker/redis/scripts/', import.meta.url);
const NAMES = ['add', 'claim', 'clear', 'give_back', 'scout'];
const START = Date.UTC(2026, 0, 1);

/** A server that is full refuses most writes, a replica all. */
export type Mode = 'serving' | 'full' | 'replica';

/** A backup of all keys. */
export type Dump = ReadonlyMap<string, Buffer>;

/** A real server, all of it, but for its clock: that is the test's own, so that the same plan does the same again. */
export class Server {
  /** Server time, and that of the processes; ms. */
  now = START;
  private mode: Mode = 'serving';

  private constructor(
    readonly raw: Redis,
    private readonly base: string,
    private readonly shas: ReadonlyMap<string, string>,
    private readonly readAll: string,
    /** Names of scripts, by the hashes that the library calls them by. */
    readonly scripts: ReadonlyMap<string, string>,
  ) {}

  static async start(raw: Redis, base: string): Promise<Server> {
    const [shas, scripts] = [new Map<string, string>(), new Map<string, string>()];
    for (const name of NAMES) {
      const source = sourceOf(name);
      const sha = createHash('sha1').update(source).digest('hex');
      // The time comes as one more key, which no script looks at.
      const timed = source.replace("redis.call('TIME')", '{ KEYS[#KEYS] / 1000, 0 }');
      shas.set(sha, await load(raw, timed));
      scripts.set(sha, name);
    }
    return new Server(raw, base, shas, await load(raw, READ_ALL), scripts);
  }

  async clean(): Promise<void> {
    await this.be('serving');
    await this.raw.flushdb();
    this.now = START;
  }

  /** Runs a script, and reads all before anything else can happen. */
  async run({ sha, keys, args }: Call): Promise<{ outcome: Outcome; after: Snapshot }> {
    const timed = [...keys, String(++this.now)];
    const running = this.raw.evalsha(this.shas.get(sha) ?? sha, timed.length, ...timed, ...args);
    const [outcome, after] = await Promise.all([
      running.then(
        (reply) => ({ reply: reply as unknown[] }),
        (error: Error) => ({ error }),
      ),
      this.snapshot(),
    ]);
    return { outcome, after };
  }

  async snapshot(): Promise<Snapshot> {
    return new Snapshot((await this.raw.evalsha(this.readAll, 0)) as StoredKey[], this.base);
  }

  /** Changes something directly, whether or not it serves others. */
  async change(work: (raw: Redis) => Promise<unknown>): Promise<void> {
    const { mode } = this;
    await this.be('serving');
    await work(this.raw);
    await this.be(mode);
  }

  async be(mode: Mode): Promise<void> {
    if (mode === this.mode) return;
    if (this.mode === 'replica') await this.raw.replicaof('NO', 'ONE');
    if (this.mode === 'full') await this.raw.config('SET', 'maxmemory', '0');
    this.mode = mode;
    if (mode === 'replica') await this.raw.replicaof('127.0.0.1', '1');
    if (mode === 'full') await this.raw.config('SET', 'maxmemory', '1');
  }

  /** As `be`; again, it serves. */
  toggle(mode: Mode): Promise<void> {
    return this.be(mode === this.mode ? 'serving' : mode);
  }

  async dump(): Promise<Dump> {
    const keys = await this.raw.keys('*');
    const dumps = await Promise.all(keys.map((key) => this.raw.dumpBuffer(key)));
    return new Map(keys.map((key, i) => [key, dumps[i]!]));
  }

  async restore(dump: Dump): Promise<void> {
    await this.change(async (raw) => {
      await raw.flushdb();
      await Promise.all([...dump].map(([key, value]) => raw.restore(key, 0, value)));
    });
  }
}

async function load(raw: Redis, source: string): Promise<string> {
  return (await raw.script('LOAD', source)) as string;
}

function sourceOf(name: string): string {
  const text = readFileSync(new URL(`${name}.lua`, FOLDER), 'utf8');
  return text.replaceAll(/^--- @include "(\w+)"$/gm, (_, include: string) => sourceOf(`includes/${include}`));
}
