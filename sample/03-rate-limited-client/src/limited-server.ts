import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';

export interface LimitedServerOptions {
  /** Requests answered in any one second; the others get 429. */
  readonly limit: number;
  /** How long an answer takes, in ms. */
  readonly latency: number;
  /** The time in ms. Default: the process's steady clock. */
  readonly now?: () => number;
}

export interface LimitedServer extends AsyncDisposable {
  readonly url: string;
}

const WINDOW = 1_000;

/** Stands for somebody else's API: GET /items/<id>, on a free port, with a limit. */
export async function startLimitedServer(options: LimitedServerOptions): Promise<LimitedServer> {
  const { limit, latency, now = () => performance.now() } = options;
  /** When those requests came that were answered in the last second. */
  let answered: number[] = [];
  const server = createServer((request, response) => {
    const time = now();
    answered = answered.filter((each) => time - each < WINDOW);
    if (answered.length >= limit) {
      response.writeHead(429, { 'retry-after': '1' }).end();
      return;
    }
    answered.push(time);
    void answerItem(request.url?.split('/').at(-1), response, latency);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function answerItem(id: string | undefined, response: ServerResponse, latency: number): Promise<void> {
  await setTimeout(latency);
  response.setHeader('content-type', 'application/json').end(JSON.stringify({ id, name: `Item ${id}` }));
}
