import type { Connection } from './connection.js';

/** All connections of one application. They end together: a task of one may submit to another. */
export class AppConnections {
  private readonly made = new Map<string, Connection>();
  private drained: Promise<void> | undefined;
  private poolsClosed: Promise<void> | undefined;

  add(connection: Connection): void {
    this.made.set(connection.name, connection);
  }

  get all(): readonly Connection[] {
    return [...this.made.values()];
  }

  get(name: string): Connection | undefined {
    return this.made.get(name);
  }

  /** Stops all consumers, then waits for the pools; each connection as long as its grace period allows. */
  drain(): Promise<void> {
    return (this.drained ??= each(this.all, async ({ consumers, grace, pools }) => {
      await consumers.close(grace);
      await grace.allows(pools.onIdle());
    }));
  }

  /** A step of the start. When it fails nobody gets the application, to close it: so nothing is left open. */
  async starting(step: Promise<void>): Promise<void> {
    try {
      await step;
    } catch (error) {
      // Whatever they say: the first error is the one to be seen.
      await Promise.allSettled(this.all.map(({ broker }) => broker.close()));
      throw error;
    }
  }

  /** Before the first broker closes, so that tasks of any pool can submit to any connection to their end. */
  closePools(): Promise<void> {
    return (this.poolsClosed ??= each(this.all, ({ pools, grace }) => pools.shutdown(grace.allows)));
  }
}

async function each(
  connections: readonly Connection[],
  end: (connection: Connection) => Promise<void>,
): Promise<void> {
  await Promise.all(connections.map(end));
}
