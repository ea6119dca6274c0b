import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { freePort, startRedis, type RedisServer } from '../redis-server.js';
import { scan, startSample } from './sample-process.js';
import { sha256sum } from './sha256sum.js';

const isRoot = process.getuid?.() === 0;

let tree: string;
let unreadable: number;
let redis: RedisServer;

beforeAll(async () => {
  ({ tree, unreadable } = makeTree());
  redis = await startRedis();
  // Builds what is not built yet.
  await startSample('main', ['--help']).ended;
}, 120_000);

afterAll(async () => {
  rmSync(tree, { recursive: true, force: true });
  await redis.stop();
});

describe('npm start -- --json', () => {
  test('finds what find and sha256sum find', async () => {
    expect(await scan(tree)).toEqual({
      ...sha256sum(tree),
      unreadable,
      seconds: expect.any(Number),
      peakMemoryBytes: expect.any(Number),
    });
  });

  test('finds it through Redis too', async () => {
    expect(await scan(tree, { REDIS_URL: redis.url })).toMatchObject({ ...sha256sum(tree), unreadable });
  });

  test('an empty folder', async () => {
    const empty = join(tree, 'empty folder');
    expect(await scan(empty)).toMatchObject({ files: 0, bytes: 0, duplicateGroups: 0, unreadable: 0 });
  });

  test.each([
    [
      'a folder that does not exist',
      ['/does/not/exist'],
      /^The folder '\/does\/not\/exist' does not exist\.\n$/,
    ],
    ['a file', [process.execPath], /^'.+' is not a folder\.\n$/],
    ['an unknown option', ['--jsno'], /^Unknown option '--jsno'.*\n$/],
    ['two folders', ['a', 'b'], /^'b' is too much.*\n$/],
  ])('%s is an error in one line', async (_name, args, message) => {
    const { code, stdout, stderr } = await startSample('main', ['--json', ...args]).ended;
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(message);
  });
});

test('npm start shows its progress and ends with a table', async () => {
  const { code, stdout, stderr } = await startSample('main', [tree]).ended;
  const { files } = sha256sum(tree);
  expect(code).toBe(0);
  expect(stderr).toMatch(/running \d+ \| waiting \d+ \| \d+ files\/s/);
  for (const row of [
    `files +${files?.toLocaleString('en')}`,
    'bytes',
    'duplicate groups',
    'wasted bytes',
    'seconds',
    'peak memory',
  ]) {
    expect(stdout).toMatch(new RegExp(`^  ${row}`, 'm'));
  }
  expect(stdout).toMatch(/^ {2}links\/loop: link loop$/m);
});

test('npm start -- --serve scans what it is sent, until it is stopped', async () => {
  const port = await freePort();
  const server = startSample('main', ['--serve'], { PORT: String(port) });
  await server.says(/POST \/scans/);
  const url = `http://127.0.0.1:${port}/scans`;
  const post = (body: unknown): Promise<Response> =>
    fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  const started = await post({ folder: tree });
  expect(started.status).toBe(201);
  let state = (await started.json()) as { id: string; state: string };
  while (state.state !== 'complete')
    state = (await (await fetch(`${url}/${state.id}`)).json()) as typeof state;
  expect(state).toMatchObject({ folder: tree, ...sha256sum(tree), unreadable });

  expect((await post({ folder: '/does/not/exist' })).status).toBe(400);
  expect((await post({ folder: 5 })).status).toBe(400);
  expect((await fetch(`${url}/unknown`)).status).toBe(404);
  server.kill('SIGTERM');
  await server.ended;
});

describe('on Redis, with a consumer', () => {
  test('shares the load, and survives the consumer', async () => {
    const client = new Redis(redis.url);
    const consumer = startSample('consumer', [], { REDIS_URL: redis.url });
    await consumer.says(/Consuming/);
    const wide = makeWideTree();
    const scanned = scan(wide, { REDIS_URL: redis.url });
    // Two processes have files on loan: now one of them dies.
    while ((await client.keys('duplicate-files:{files}:active:*')).length < 2);
    consumer.kill('SIGKILL');
    expect(await scanned).toMatchObject({ ...sha256sum(wide), unreadable: 0 });
    client.disconnect();
    rmSync(wide, { recursive: true, force: true });
  }, 60_000);

  test('npm run consumer needs REDIS_URL', async () => {
    const { code, stderr } = await startSample('consumer').ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/^Say which Redis: .*\n$/);
  });

  test('only one process gathers', async () => {
    const env = { REDIS_URL: redis.url, PORT: '0' };
    const first = startSample('main', ['--serve'], env);
    await first.says(/POST \/scans/);
    const second = await startSample('main', ['--json', tree], env).ended;
    expect(second).toMatchObject({ code: 1, stdout: '' });
    expect(second.stderr).toMatch(/^Another process gathers results from this Redis\. .*\n$/);
    first.kill('SIGTERM');
    await first.ended;
    expect(await scan(tree, env)).toMatchObject(sha256sum(tree));
  });
});

/** So many files that a scan takes a while. Its own: into node_modules other tests write. */
function makeWideTree(): string {
  const root = mkdtempSync(join(tmpdir(), 'nb-sample-'));
  for (let folder = 0; folder < 100; folder++) {
    mkdirSync(join(root, `${folder}`));
    for (let i = 0; i < 100; i++)
      writeFileSync(join(root, `${folder}`, `${i}`), `content ${(folder * i) % 3_000}`);
  }
  return root;
}

/** Duplicates across three levels, and one of everything that is not simply a file. */
function makeTree(): { tree: string; unreadable: number } {
  const root = mkdtempSync(join(tmpdir(), 'nb-sample-'));
  const write = (path: string | Buffer, content: string | Buffer): void => writeFileSync(path, content);
  const deep = join(root, 'one', 'two', 'three');
  for (const folder of [deep, join(root, 'empty folder'), join(root, 'links')])
    mkdirSync(folder, { recursive: true });
  for (const folder of [root, join(root, 'one'), deep]) {
    write(join(folder, 'same.txt'), 'the same everywhere');
    write(join(folder, 'empty'), '');
    write(join(folder, 'own.txt'), `only in ${folder}`);
  }
  for (let i = 0; i < 1_500; i++) write(join(deep, `many-${i}`), `content ${i % 700}`);
  const large = Buffer.alloc(5_000_000, 'large');
  write(join(root, 'large'), large);
  write(join(deep, 'large'), large);
  write(join(deep, 'almost'), large.subarray(1));
  write(join(root, 'new\nline and "quotes" \\'), 'odd name');
  write(Buffer.concat([Buffer.from(`${root}/not utf-8 `), Buffer.from([0xff, 0xfe])]), 'odd name');
  mkdirSync(Buffer.concat([Buffer.from(`${root}/folder `), Buffer.from([0xc3])]));
  write(Buffer.concat([Buffer.from(`${root}/folder `), Buffer.from([0xc3]), Buffer.from('/ü')]), 'odd name');

  symlinkSync('../same.txt', join(root, 'links', 'sound'));
  symlinkSync('../one', join(root, 'links', 'sound-folder'));
  symlinkSync('nowhere', join(root, 'links', 'broken'));
  symlinkSync('loop', join(root, 'links', 'loop'));
  symlinkSync('..', join(root, 'links', 'up'));
  execFileSync('mkfifo', [join(root, 'fifo')]);
  if (isRoot) return { tree: root, unreadable: 4 };
  write(join(root, 'locked'), 'nobody may read this');
  chmodSync(join(root, 'locked'), 0);
  mkdirSync(join(root, 'locked folder'), { mode: 0 });
  return { tree: root, unreadable: 6 };
}
