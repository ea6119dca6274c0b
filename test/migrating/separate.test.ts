import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformFile } from '@swc/core';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { NbAioPoolModule, getTasksToken, type Tasks } from '../../lib/index.js';
import { compile } from '../kill/compile.js';
import { boot, closeAfterEach } from '../nest/kit.js';
import { startRedis, type RedisServer } from '../redis-server.js';
import type { AudioTasks } from './examples/separate/tasks.js';

closeAfterEach();

let server: RedisServer;
let program: Awaited<ReturnType<typeof compile>>;

const source = (name: string): string =>
  fileURLToPath(new URL(`./examples/separate/${name}`, import.meta.url));

// Threads start from files that Node can read.
beforeAll(async () => {
  server = await startRedis();
  program = await compile(source('consumer.ts'));
  for (const each of ['tasks.ts', 'encode.ts']) await compileBeside(source(each), dirname(program.entry));
});
afterAll(async () => {
  await program.remove();
  await server.stop();
});

test('a process that only consumes runs the task in a thread, and ends when told', async () => {
  const { AudioTasks: Audio } = await import('./examples/separate/tasks.js');
  const web = await boot({ imports: [NbAioPoolModule.forRoot({ redis: server.url, consume: false })] });
  const { transcode } = web.get<Tasks<AudioTasks>>(getTasksToken(Audio));
  const child = fork(program.entry, { env: { ...process.env, REDIS_URL: server.url }, stdio: 'ignore' });
  process.once('exit', () => child.kill('SIGKILL'));
  const ended = once(child, 'exit');
  // Thread 0 is the main one.
  expect(await transcode.run('a.wav')).toMatch(/^a\.wav by thread [1-9]/);
  child.kill('SIGTERM');
  expect(await ended).toEqual([null, 'SIGTERM']);
});

async function compileBeside(file: string, folder: string): Promise<void> {
  const { code } = await transformFile(file, {
    jsc: {
      target: 'es2022',
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true },
    },
    module: { type: 'es6' },
  });
  await writeFile(join(folder, basename(file, '.ts') + '.js'), code);
}
