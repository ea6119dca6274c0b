import { createConnection, createServer, type AddressInfo, type Socket } from 'node:net';

/** Chunks of a client that a test keeps back. */
export interface Held {
  /** Resolves when the first such chunk has come, and is kept. */
  readonly caught: Promise<void>;
  /** Resets the client's side only: it reconnects, while what was kept may still reach the server. */
  resetClient(): void;
  /** Lets what was kept go on to the server. Resolves when that has answered. */
  release(): Promise<void>;
}

/** A TCP proxy that loses, keeps back and delays what passes through it. */
export interface TcpProxy {
  readonly port: number;
  readonly url: string;
  /** How many connections there were so far. */
  readonly accepted: number;
  /**
   * Forwards the next chunk of a client that contains `text`, drops the answer, and resets the connection.
   * Resolves when that has happened: the server has done the work, and the client does not know.
   */
  loseReply(text: string): Promise<void>;
  /** Keeps back the next chunk of a client that contains `text`, and all that this connection sends after it. */
  hold(text: string): Held;
  /** From now on nothing passes through the connections that are open, and nobody is told. New ones work. */
  blackHole(): void;
  /** Everything takes this much longer, in ms, in each direction. */
  delay(ms: number): void;
  /** Resets all connections. */
  reset(): void;
  /** Refuses new connections, or serves them again. */
  refuse(on: boolean): void;
  close(): Promise<void>;
}

interface Trap {
  readonly text: string;
  readonly spring: (pair: Pair) => void;
}

/** Starts a proxy before the server at `targetPort` of this machine. */
export async function startProxy(targetPort: number): Promise<TcpProxy> {
  const pairs = new Set<Pair>();
  const traps = new Set<Trap>();
  let [accepted, latency, refusing] = [0, 0, false];
  const server = createServer((client) => {
    if (refusing) {
      client.resetAndDestroy();
      return;
    }
    accepted++;
    const pair: Pair = new Pair(client, createConnection(targetPort, '127.0.0.1'), {
      latency: () => latency,
      onClosed: () => pairs.delete(pair),
      onChunk: (chunk) => {
        for (const trap of traps) {
          if (!chunk.includes(trap.text)) continue;
          traps.delete(trap);
          trap.spring(pair);
        }
      },
    });
    pairs.add(pair);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const trap = (text: string): Promise<Pair> =>
    new Promise((resolve) =>
      traps.add({
        text,
        spring: (pair) => {
          pair.holding = true;
          resolve(pair);
        },
      }),
    );
  return {
    port,
    url: `redis://127.0.0.1:${port}/0`,
    get accepted() {
      return accepted;
    },
    loseReply: async (text) => {
      const pair = await trap(text);
      await pair.loseReply();
    },
    hold: (text) => {
      const pair = trap(text);
      return {
        caught: pair.then(() => {}),
        resetClient: () => void pair.then((each) => each.resetClient()),
        release: () => pair.then((each) => each.release()),
      };
    },
    blackHole: () => {
      for (const pair of pairs) pair.silent = true;
    },
    delay: (ms) => {
      latency = ms;
    },
    reset: () => {
      for (const pair of pairs) pair.destroy();
    },
    refuse: (on) => {
      refusing = on;
    },
    close: async () => {
      for (const pair of pairs) pair.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface PairOptions {
  latency(): number;
  onChunk(chunk: Buffer): void;
  onClosed(): void;
}

/** One connection: the client's socket and the one to the server. */
class Pair {
  holding = false;
  silent = false;
  private held: Buffer[] = [];
  /** The client hears nothing any more; what was held may still go on to the server. */
  private orphaned = false;

  constructor(
    private readonly client: Socket,
    private readonly upstream: Socket,
    private readonly options: PairOptions,
  ) {
    client.setNoDelay(true);
    upstream.setNoDelay(true);
    client.on('data', (chunk: Buffer) => {
      options.onChunk(chunk);
      if (this.holding) this.held.push(chunk);
      else this.later(() => upstream.write(chunk));
    });
    upstream.on('data', (chunk: Buffer) => {
      if (!this.orphaned) this.later(() => client.write(chunk));
    });
    for (const socket of [client, upstream]) {
      socket.on('error', () => {});
      socket.on('close', () => {
        if (!(this.orphaned && socket === client) && !this.silent) this.destroy();
      });
    }
  }

  /** What is held goes to the server; its answer resets the connection. */
  async loseReply(): Promise<void> {
    this.orphaned = true;
    await this.release();
    this.destroy();
  }

  release(): Promise<void> {
    this.holding = false;
    const replied = new Promise<void>((resolve) => this.upstream.once('data', () => resolve()));
    for (const chunk of this.held.splice(0)) this.upstream.write(chunk);
    return replied;
  }

  resetClient(): void {
    this.orphaned = true;
    this.client.resetAndDestroy();
  }

  destroy(): void {
    this.client.resetAndDestroy();
    this.upstream.destroy();
    this.options.onClosed();
  }

  private later(pass: () => void): void {
    if (this.silent) return;
    const ms = this.options.latency();
    // Timers of one length fire in order.
    if (ms === 0) pass();
    else setTimeout(() => !this.silent && pass(), ms);
  }
}
