import type { PoolStats } from 'nestjs-nb-aiopool';

const REQUESTS = 100;

/** How the requests to one route were answered. */
interface Tally {
  readonly ok: number;
  /** 503, each with Retry-After. */
  readonly refused: number;
}

/** What came of a rush. */
export interface Rush {
  readonly passwords: Tally;
  readonly archives: Tally;
  /** What GET /health said in the middle of it. */
  readonly meanwhile: readonly PoolStats[];
  /** Whether passwords were refused, and archives were not: theirs is another pool. */
  readonly asPromised: boolean;
}

/** Many clients at once: more than the pool of the passwords has room for. @throws Error for any other answer. */
export async function rush(url: string): Promise<Rush> {
  const hashed = send(`${url}/passwords`, { password: 'correct horse battery staple' });
  const packed = send(`${url}/archives`, { text: 'All work and no play. '.repeat(1_000) });
  const [passwords, archives, meanwhile] = await Promise.all([
    tally(hashed),
    tally(packed),
    // Refusals come at once, long before the first hash: now the pool is full.
    Promise.race(hashed).then(() => health(url)),
  ]);
  return { passwords, archives, meanwhile, asPromised: passwords.refused > 0 && archives.refused === 0 };
}

/** For people. */
export function describeRush({ passwords, archives, meanwhile }: Rush): string {
  const answers = (name: string, { ok, refused }: Tally): string =>
    `POST /${name}: ${ok} answered 200, ${refused} answered 503 with Retry-After`;
  const figures = meanwhile.map(
    ({ name, running, maxConcurrency, waiting, maxQueueSize }) =>
      `${name} ${running} of ${maxConcurrency} running and ${waiting} of ${maxQueueSize} waiting`,
  );
  return [
    answers('passwords', passwords),
    answers('archives', archives),
    `GET /health meanwhile: ${figures.join('; ')}`,
  ].join('\n');
}

function send(url: string, body: unknown): Promise<Response>[] {
  const request: RequestInit = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
  return Array.from({ length: REQUESTS }, () => fetch(url, request));
}

async function tally(requests: readonly Promise<Response>[]): Promise<Tally> {
  const responses = await Promise.all(requests);
  await Promise.all(responses.map((response) => response.text()));
  const odd = responses.find((response) => response.status !== 200 && !isRefusal(response));
  if (odd)
    throw new Error(`${odd.url} answered ${odd.status}, Retry-After: ${odd.headers.get('retry-after')}.`);
  const refused = responses.filter(isRefusal).length;
  return { ok: responses.length - refused, refused };
}

function isRefusal({ status, headers }: Response): boolean {
  return status === 503 && headers.has('retry-after');
}

async function health(url: string): Promise<PoolStats[]> {
  const response = await fetch(`${url}/health`);
  const { pools } = (await response.json()) as { pools: PoolStats[] };
  return pools;
}
