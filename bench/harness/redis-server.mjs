// A Redis of our own, on a free port and without persistence.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';

const HOST = '127.0.0.1';

/** The same choice as the tests make. */
function binary() {
  const names = [process.env.NB_REDIS_SERVER, 'redis-server', 'valkey-server'];
  return names.find((name) => name && spawnSync(name, ['--version']).status === 0) ?? 'redis-server';
}

export async function startRedis() {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), 'nb-bench-'));
  const flags = { port, bind: HOST, dir: folder, save: '', appendonly: 'no' };
  const server = spawn(binary(), toArguments(flags), { stdio: 'ignore' });
  const failed = new Promise((_, reject) =>
    server.once('error', (error) => reject(new Error(`redis-server did not start: ${error.message}`))),
  );
  const client = new Redis({ host: HOST, port, lazyConnect: true, retryStrategy: () => 50 });
  client.on('error', () => {});
  await Promise.race([untilReady(client), failed]);
  return {
    host: HOST,
    port,
    url: `redis://${HOST}:${port}/0`,
    client,
    async stop() {
      client.disconnect();
      const closed = new Promise((resolve) => server.once('exit', resolve));
      server.kill('SIGKILL');
      await closed;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const toArguments = (flags) => Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, String(value)]);

async function untilReady(client) {
  for (let attempt = 0; attempt < 100; attempt++) {
    try {
      return void (await client.ping());
    } catch {
      await sleep(50);
    }
  }
  throw new Error('redis-server did not answer within 5 s');
}

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, HOST, () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}
