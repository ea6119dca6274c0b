import type { Logger } from '@nestjs/common';
import { NbAioPool, type PoolOptions } from '../../pool/index.js';
import { oneLine } from '../one-line.js';

/** The pools of one application. */
export class AppPools {
  private readonly pools = new Map<string, NbAioPool>();

  constructor(options: Readonly<Record<string, PoolOptions>>, logger: Logger) {
    for (const [name, pool] of Object.entries({ default: {}, ...options })) {
      const onError: PoolOptions['onError'] = (error, info) =>
        logger.error(
          oneLine(`A task of pool '${info.pool}' failed, and nobody asked for its result: ${text(error)}`),
        );
      this.pools.set(name, new NbAioPool({ name, onError, ...given(pool) }));
    }
  }

  get names(): string[] {
    return [...this.pools.keys()];
  }

  find(name: string): NbAioPool | undefined {
    return this.pools.get(name);
  }

  /** When nothing runs or waits in any pool. They still accept. */
  async onIdle(): Promise<void> {
    await Promise.all([...this.pools.values()].map((pool) => pool.onIdle()));
  }

  /** Accepted tasks finish, or else see their signals aborted when the time is over. */
  async shutdown(withinTime: (work: Promise<unknown>) => Promise<boolean>): Promise<void> {
    const pools = [...this.pools.values()];
    if (await withinTime(Promise.all(pools.map((pool) => pool.shutdown())))) return;
    // Not awaited: what ignores its signal may run for ever.
    for (const pool of pools) void pool.shutdown({ wait: false });
  }
}

function given(options: PoolOptions): PoolOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

function text(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
