import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A real server for one test file, on a free port. */
export interface RedisServer {
  readonly url: string;
  readonly port: number;
  /** Starts it again on the same port and files, after `kill`. */
  restart(): Promise<void>;
  /** `kill -9`. */
  kill(): Promise<void>;
  /** SIGSTOP, SIGCONT. */
  signal(name: 'SIGSTOP' | 'SIGCONT'): void;
  stop(): Promise<void>;
}

/** @param args more arguments for redis-server; by default it writes nothing to disk. */
export async function startRedis(
  args: string[] = ['--save', '', '--appendonly', 'no'],
): Promise<RedisServer> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'nb-redis-'));
  const all = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, ...args];
  let child = await start(port, all);
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  };
  return {
    url: `redis://127.0.0.1:${port}/0`,
    port,
    kill,
    restart: async () => {
      child = await start(port, all);
    },
    signal: (name) => child.kill(name),
    stop: async () => {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function start(port: number, args: string[]): Promise<ChildProcess> {
  const child = spawn(binary(), args, { stdio: 'ignore' });
  const gone = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`redis-server ended with ${code} before it answered`)));
  });
  gone.catch(() => {});
  // A server killed mid-test must not outlive the test run either.
  process.once('exit', () => child.kill('SIGKILL'));
  await Promise.race([answers(port), gone]);
  return child;
}

async function answers(port: number): Promise<void> {
  for (;;) {
    if (await pong(port)) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function pong(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1', () => socket.write('PING\r\n'));
    socket.once('data', (data) => {
      socket.destroy();
      resolve(data.toString().startsWith('+PONG'));
    });
    socket.once('error', () => resolve(false));
  });
}

let found: string | undefined;

function binary(): string {
  found ??= [process.env['NB_REDIS_SERVER'], 'redis-server', 'valkey-server'].find(
    (name) => name && spawnSync(name, ['--version']).status === 0,
  );
  if (!found) throw new Error('No redis-server found: run node scripts/ensure-redis.mjs');
  return found;
}
