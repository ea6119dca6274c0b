import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Controller, Get, type DynamicModule, type INestApplicationContext } from '@nestjs/common';
import { APP_INTERCEPTOR, NestFactory } from '@nestjs/core';
import type { TaskClass, Tasks } from '../../lib/index.js';
import { capturePrint } from '../from-python/kit.js';
import { boot, closeAfterEach, Lines, type AnyClass } from '../nest/kit.js';
import type { RedisServer } from '../redis-server.js';
import { until } from '../signals.js';
import { flush, keysAt, mockRedis, startServer } from './kit.js';

mockRedis();
const { AioTaskRegistry, getTasksToken, NbAioPoolModule } = await import('../../lib/index.js');
const { AppModule } = await import('./examples/app.js');
const { AudioModule } = await import('./examples/processor.js');
const producer = await import('./examples/producer.js');
const flows = await import('./examples/flows.js');
const connections = await import('./examples/connections.js');
const retries = await import('./examples/retries.js');
const named = await import('./examples/named.js');
const scoped = await import('./examples/scoped.js');
const events = await import('./examples/events.js');
const management = await import('./examples/management.js');
const configured = await import('./examples/async.js');
const manual = await import('./examples/manual.js');
const shutdown = await import('./examples/shutdown.js');

let server: RedisServer;
let lines: string[];

beforeAll(async () => {
  // The examples say where Redis is, or mean the default.
  delete process.env['REDIS_URL'];
  server = await startServer();
});
afterAll(() => server.stop());
beforeEach(() => void (lines = capturePrint()));
closeAfterEach();
afterEach(async () => {
  jest.restoreAllMocks();
  await flush();
});

const tasksOf = <T extends object>(app: INestApplicationContext, task: TaskClass<T>): Tasks<T> =>
  app.get(getTasksToken(task));

/** A process that submits, and consumes nothing. */
const producing = () =>
  boot({ imports: [NbAioPoolModule.forRoot({ consume: false }), producer.ProducerModule] });

const consuming = (...providers: AnyClass[]) => boot({ imports: [AppModule], providers });

test('a queue and its processor', async () => {
  const app = await boot({ imports: [AppModule, AudioModule, producer.ProducerModule] });
  expect(await app.get(producer.AudioService).audio.transcode.run('a.wav')).toBe('a.wav.mp3');
  expect(app.get(AioTaskRegistry).list()).toMatchObject([{ queue: 'audio', consuming: true }]);
  expect((await keysAt(6379)).filter((key) => key.startsWith('nb:{audio}:'))).not.toEqual([]);
});

describe('a producer', () => {
  test('adds to a queue that another process consumes', async () => {
    const service = (await producing()).get(producer.AudioService);
    expect(await service.add()).toEqual(expect.any(String));
    expect(await producer.addBulk(service)).toBe(2);
    expect(await service.audio.transcode.getQueueSize()).toBe(3);
    await boot({ imports: [AppModule, AudioModule] });
    await until(async () => (await service.audio.transcode.getQueueSize()) === 0);
  });

  test('waits for what becomes of it', async () => {
    await boot({ imports: [AppModule, AudioModule] });
    const service = (await producing()).get(producer.AudioService);
    expect(await producer.outcome(service)).toEqual(['a.wav.mp3', 'b.wav.mp3']);
  });
});

test('a parent waits for its children', async () => {
  const app = await boot({ imports: [AppModule, flows.FlowModule] });
  expect(await tasksOf(app, flows.RootTasks).build.run(3)).toBe('part 0, part 1, part 2');
});

test('named configurations: a queue on another server', async () => {
  const app = await boot({ imports: [connections.AppModule] });
  const video = tasksOf(app, connections.VideoTasks);
  expect(await video.encode.run('a')).toBe('a.mp4');
  const ofVideo = (key: string): boolean => key.startsWith('nb:{video}:');
  expect((await keysAt(6381)).some(ofVideo)).toBe(true);
  expect((await keysAt(6379)).some(ofVideo)).toBe(false);
});

describe('attempts and backoff', () => {
  test('a failed run is repeated after a second', async () => {
    const log = new Lines();
    const app = await boot({ imports: [AppModule], providers: [retries.AudioTasks] }, log);
    const { transcode } = tasksOf(app, retries.AudioTasks);
    await transcode.submit('a.wav');
    expect((await log.seen(/failed in run 1/)).text).toMatch(/1000 ms/);
    expect(await transcode.listDead()).toEqual([]);
  });

  test('UnrecoverableError is not repeated', async () => {
    const app = await consuming(retries.AudioTasks);
    const { transcode } = tasksOf(app, retries.AudioTasks);
    await expect(transcode.run('a.txt')).rejects.toThrow('Only .wav files');
    expect(await transcode.listDead()).toMatchObject([{ record: { attempts: 1 } }]);
  });
});

test('named jobs: two tasks of a queue', async () => {
  const app = await consuming(named.AudioTasks);
  const { transcode, concatenate } = tasksOf(app, named.AudioTasks);
  await transcode.run('a');
  await concatenate.run(['b', 'c']);
  expect(named.done).toEqual(['a', 'b+c']);
});

test('request scope: an instance a message, which can be injected', async () => {
  const app = await consuming(scoped.AudioTasks);
  const { transcode } = tasksOf(app, scoped.AudioTasks);
  const keep = transcode.with({ result: 60_000 });
  const sent = [await keep.submit('a'), await keep.submit('b')];
  expect(await Promise.all(sent.map((each) => each.result()))).toEqual(['a.mp3', 'b.mp3']);
  expect(lines.toSorted()).toEqual([`${sent[0]!.id}: a`, `${sent[1]!.id}: b`].toSorted());
});

test('worker events', async () => {
  const app = await consuming(events.AudioTasks, events.AudioEvents);
  const { transcode } = tasksOf(app, events.AudioTasks);
  await transcode.run('a');
  await expect(transcode.run('')).rejects.toThrow('no file');
  expect(lines).toEqual([
    expect.stringMatching(/^active: \S+ of transcode$/),
    'completed: a.mp3',
    expect.stringMatching(/^active: \S+ of transcode$/),
    'failed: Error: no file',
  ]);
});

test('worker events of all tasks: requests do not concern it', async () => {
  class Hello {
    hello(): string {
      return 'hello';
    }
  }
  Controller()(Hello);
  Get()(Hello.prototype, 'hello', Object.getOwnPropertyDescriptor(Hello.prototype, 'hello')!);
  const module = {
    module: Hello,
    imports: [NbAioPoolModule.forRoot({ broker: 'memory' })],
    controllers: [Hello],
    providers: [events.AudioTasks, { provide: APP_INTERCEPTOR, useClass: events.AudioEvents }],
  };
  const app = await NestFactory.create(module, { logger: false });
  try {
    await app.listen(0, '127.0.0.1');
    const answer = await fetch(await app.getUrl());
    expect([answer.status, await answer.text()]).toEqual([200, 'hello']);
    expect(lines).toEqual([]);
    await tasksOf(app, events.AudioTasks).transcode.run('a');
    expect(lines).toContain('completed: a.mp3');
  } finally {
    await app.close();
  }
});

test('queue management', async () => {
  const app = await boot({ imports: [AppModule, AudioModule], providers: [management.AudioAdmin] });
  const admin = app.get(management.AudioAdmin);
  const { transcode } = admin.audio;
  await management.pause(admin);
  expect(admin.registry.list()).toMatchObject([{ queue: 'audio', paused: true }]);
  const waiting = await transcode.with({ result: 60_000 }).submit('a');
  expect(await transcode.getQueueSize()).toBe(1);
  await management.resume(admin);
  expect(await waiting.result()).toBe('a.mp3');
  await management.pause(admin);
  await transcode.submit('b');
  // One waits, none is dead, and the one is removed.
  expect(await management.count(admin)).toBe(2);
});

describe('async configuration', () => {
  test.each<[string, () => DynamicModule, number]>([
    ['useFactory', configured.factory, 6379],
    ['useFactory with ConfigService', configured.injected, 6381],
    ['useClass', configured.useClass, 6380],
    ['useExisting', configured.useExisting, 6380],
  ])('%s', async (_, module, port) => {
    Object.assign(process.env, { QUEUE_HOST: 'localhost', QUEUE_PORT: '6381' });
    const app = await boot({ imports: [module(), AudioModule, producer.ProducerModule] });
    expect(await app.get(producer.AudioService).audio.transcode.run('a')).toBe('a.mp3');
    const used = [];
    for (const each of [6379, 6380, 6381]) if ((await keysAt(each)).length > 0) used.push(each);
    expect(used).toEqual([port]);
  });
  afterEach(() => {
    delete process.env['QUEUE_HOST'];
    delete process.env['QUEUE_PORT'];
  });
});

test.each(['', 'yes'])('manual registration: it consumes if told so (%j)', async (consume) => {
  process.env['CONSUME'] = consume;
  const app = await boot({ imports: [manual.AppModule] });
  delete process.env['CONSUME'];
  expect(app.get(AioTaskRegistry).list()).toMatchObject([{ queue: 'audio', consuming: consume === 'yes' }]);
});

test('a graceful shutdown listens for signals', async () => {
  const create = NestFactory.create.bind(NestFactory);
  jest
    .spyOn(NestFactory, 'create')
    .mockImplementation(((module: AnyClass) => create(module, { logger: false })) as never);
  const before = process.listenerCount('SIGTERM');
  const app = await shutdown.start();
  expect(process.listenerCount('SIGTERM')).toBe(before + 1);
  await app.close();
});
