import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A Redis that somebody else runs, or one of our own on a free port, which ends with us. */
export interface RedisServer extends AsyncDisposable {
  readonly url: string;
}

/** @throws Error when there is neither a REDIS_URL nor a redis-server on the PATH. */
export async function findRedis(): Promise<RedisServer> {
  const given = process.env['REDIS_URL'];
  if (given !== undefined) return { url: given, [Symbol.asyncDispose]: async () => {} };
  const folder = await mkdtemp(join(tmpdir(), 'consumer-only-'));
  const port = await freePort();
  const child = spawn(
    binary(),
    ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', ''],
    {
      stdio: 'ignore',
    },
  );
  process.once('exit', () => child.kill('SIGKILL'));
  return {
    url: `redis://127.0.0.1:${port}/0`,
    [Symbol.asyncDispose]: async () => {
      await end(child);
      await rm(folder, { recursive: true });
    },
  };
}

function binary(): string {
  const names = [process.env['NB_REDIS_SERVER'], 'redis-server', 'valkey-server'];
  const found = names.find((name) => name && spawnSync(name, ['--version']).status === 0);
  if (found) return found;
  throw new Error(
    'There is no redis-server on the PATH; say which Redis to use: REDIS_URL=redis://localhost:6379',
  );
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
