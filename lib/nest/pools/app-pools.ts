import { NbAioPool, type PoolOptions } from '../../pool/index.js';
import { errorText, type AppLog } from '../core/app-log.js';
import { PoolConflictError } from '../errors.js';
import { DEFAULT_POOL } from './pool-tokens.js';

const OPTION = "NbAioPoolModule's option 'pools'";

interface AppPool {
  readonly pool: NbAioPool;
  /** Who configured it, for messages. */
  readonly owner: string;
}

/** The pools of one connection. */
export class AppPools {
  private readonly pools = new Map<string, AppPool>();
  /** Who waits for pools that a feature module is to add. */
  private readonly expected = new Map<string, Promise<NbAioPool>>();
  private readonly arrivals = new Map<string, (pool: NbAioPool) => void>();

  constructor(
    options: Readonly<Record<string, PoolOptions>>,
    private readonly log: AppLog,
  ) {
    for (const [name, pool] of Object.entries({ [DEFAULT_POOL]: {}, ...options }))
      this.add(name, pool, OPTION);
  }

  get names(): string[] {
    return [...this.pools.keys()];
  }

  find(name: string): NbAioPool | undefined {
    return this.pools.get(name)?.pool;
  }

  /** @throws PoolConflictError */
  add(name: string, options: PoolOptions, owner: string): NbAioPool {
    const twin = this.pools.get(name);
    if (twin) throw conflict(name, twin.owner, owner);
    const pool = new NbAioPool({ name, onError: this.onError, ...given(options) });
    this.pools.set(name, { pool, owner });
    this.arrivals.get(name)?.(pool);
    return pool;
  }

  /**
   * The pool, as soon as a feature module has added it.
   * @param late makes what it rejects with when the pool is not there after `ms`.
   */
  expect(name: string, ms: number, late: () => Error): NbAioPool | Promise<NbAioPool> {
    const pool = this.find(name);
    if (pool) return pool;
    const promise = this.expected.get(name) ?? this.arrival(name, ms, late);
    this.expected.set(name, promise);
    return promise;
  }

  /** When nothing runs or waits in any pool. They still accept. */
  async onIdle(): Promise<void> {
    await Promise.all(this.all().map((pool) => pool.onIdle()));
  }

  /** Accepted tasks finish, or else see their signals aborted when the time is over. */
  async shutdown(withinTime: (work: Promise<unknown>) => Promise<boolean>): Promise<void> {
    if (await withinTime(Promise.all(this.all().map((pool) => pool.shutdown())))) return;
    // Not awaited: what ignores its signal may run for ever.
    for (const pool of this.all()) void pool.shutdown({ wait: false });
  }

  private arrival(name: string, ms: number, late: () => Error): Promise<NbAioPool> {
    return new Promise((resolve, reject) => {
      // Referenced: a process whose start waits for itself has nothing else to do, and would end as if all were well.
      const timer = setTimeout(() => reject(late()), ms);
      this.arrivals.set(name, (pool) => {
        clearTimeout(timer);
        resolve(pool);
      });
    });
  }

  private all(): NbAioPool[] {
    return [...this.pools.values()].map(({ pool }) => pool);
  }

  private readonly onError: PoolOptions['onError'] = (error, { pool }) => {
    const said = errorText(error);
    this.log.repeated(`pool-failed ${pool}`, said, {
      level: 'error',
      text: `A task of pool '${pool}' failed, and nobody asked for its result: ${said}`,
      params: { event: 'pool-failed', pool, error: said },
    });
  };
}

function conflict(name: string, first: string, second: string): PoolConflictError {
  const who =
    first === second
      ? `${first} configures pool '${name}' twice`
      : `${second} configures pool '${name}', and so does ${first}`;
  const reserved = name === DEFAULT_POOL ? ` Pool '${name}' always exists: set its options in forRoot.` : '';
  return new PoolConflictError(`${who}: give one of them another name.${reserved}`);
}

function given(options: PoolOptions): PoolOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
