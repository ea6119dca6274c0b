import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { ConsoleLogger, Injectable, type LoggerService } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  AioTask,
  getPoolToken,
  InjectTasks,
  MemoryBroker,
  NbAioPool,
  NbAioPoolModule,
  Tasks,
  type NbAioPoolModuleOptions,
} from '../../lib/index.js';
import { RepeatLog, type Entry } from '../../lib/nest/core/repeat-log.js';
import { until } from '../signals.js';
import { boot, closeAfterEach, Lines } from './kit.js';

closeAfterEach();

const memory = (options: NbAioPoolModuleOptions = {}) =>
  NbAioPoolModule.forRoot({ broker: 'memory', ...options });

@Injectable()
class FailingTasks {
  @AioTask({
    queue: 'fails',
    context: false,
    maxConcurrency: 1_000,
    retry: { maxAttempts: 2, delay: 1, maxDelay: 1, jitter: 'none' },
  })
  async fail(secret: string): Promise<void> {
    throw Object.assign(new RangeError(`number ${secret.length} is\nwrong`), { secret });
  }

  @AioTask({ queue: 'loop', context: false, maxConcurrency: 1_000, retry: { maxAttempts: 1 } })
  async loop(n: number): Promise<void> {
    throw new RangeError(`number ${n} is wrong`);
  }
}

@Injectable()
class Client {
  constructor(@InjectTasks(FailingTasks) readonly tasks: Tasks<FailingTasks>) {}
}

const providers = [FailingTasks, Client];

/** Everything that is written to the console while the application lives. */
async function consoleLines(logger: LoggerService): Promise<string[]> {
  const written: string[] = [];
  const keep = (text: unknown): boolean => {
    written.push(String(text));
    return true;
  };
  const spies = [process.stdout, process.stderr].map((stream) =>
    jest.spyOn(stream, 'write').mockImplementation(keep),
  );
  try {
    const module = Test.createTestingModule({ imports: [memory()], providers }).setLogger(logger);
    const app = await (await module.compile()).init();
    await app
      .get(Client)
      .tasks.fail.run('canary')
      .catch(() => {});
    await app.close();
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return written.join('').trimEnd().split('\n');
}

/** Nest 11 would print an object as a line of its own. */
const takesParams = 'stringifyParams' in ConsoleLogger.prototype;
const withParams = (params: object): object => (takesParams ? { params } : {});

describe('an event', () => {
  test('is one line of text, whatever the error holds', async () => {
    const lines = await consoleLines(new ConsoleLogger({ colors: false }));
    const ours = lines.filter((line) => line.includes('[NbAioPool]'));
    expect(ours).toHaveLength(3);
    expect(ours[1]).toMatch(/WARN .*'fail' on queue 'fails' failed in run 1 .*RangeError: number 6 is wrong/);
    expect(ours[2]).toMatch(/ERROR .* is dead \(failed\): RangeError: number 6 is wrong/);
    expect(lines.join()).not.toContain('canary');
    expect(lines.filter((line) => !line.includes('[Nest]'))).toEqual([]);
  });

  test('is one record with fields in JSON', async () => {
    const lines = await consoleLines(new ConsoleLogger({ json: true }));
    const records = lines
      .map((line) => JSON.parse(line) as { context: string; level: string; params: object })
      .filter(({ context }) => context === 'NbAioPool');
    expect(records).toMatchObject([
      { level: 'log', ...withParams({ event: 'consumer-start' }) },
      {
        level: 'warn',
        ...withParams({
          event: 'task-failed',
          queue: 'fails',
          task: 'fail',
          id: expect.any(String),
          attempt: 1,
          delay: 1,
          error: 'RangeError: number 6 is wrong',
        }),
      },
      {
        level: 'error',
        ...withParams({ event: 'task-dead', reason: 'failed', queue: 'fails', task: 'fail' }),
      },
    ]);
    expect(lines.join()).not.toContain('canary');
  });
});

describe('what repeats', () => {
  test('100,000 failing tasks write a few lines, with their number', async () => {
    const broker = new MemoryBroker();
    const lines = new Lines();
    const app = await boot({ imports: [memory({ broker })], providers }, lines);
    const calls = Array.from({ length: 100_000 }, (_, n): [number] => [n]);
    const { stackTraceLimit } = Error;
    // Stacks cost more than all the rest.
    Error.stackTraceLimit = 0;
    try {
      await app.get(Client).tasks.loop.submitMany(calls);
      await until(async () => {
        const { ready, onLoan } = await broker.counts('loop');
        return ready + onLoan === 0;
      }, 15_000);
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
    expect(lines.all.length).toBeLessThan(10);
    await app.close();
    const summary = lines.texts('error').at(-1);
    expect(summary).toMatch(/number \d+ is wrong \(the last of 99999 more like it in \d+ s\)$/);
    expect(lines.all.length).toBeLessThan(10);
    await broker.close();
  });

  test('of a pool, too', async () => {
    const lines = new Lines();
    const app = await boot({ imports: [memory()] }, lines);
    const pool = app.get<NbAioPool>(getPoolToken());
    for (let n = 0; n < 500; n++) {
      await pool.submit(async () => {
        throw new TypeError(`number ${n}`);
      });
    }
    await pool.onIdle();
    await app.close();
    expect(lines.texts('error')).toEqual([
      "A task of pool 'default' failed, and nobody asked for its result: TypeError: number 0",
      expect.stringMatching(/number 499 \(the last of 499 more like it in \d+ s\)$/),
    ]);
  });
});

describe('RepeatLog', () => {
  afterEach(() => {
    jest.useRealTimers();
  });
  const entry = (text: string): Entry => ({ level: 'warn', text, params: { event: 'e' } });
  const MINUTE = 60_000;

  function start(): { written: Entry[]; log: RepeatLog; texts: () => string[] } {
    jest.useFakeTimers();
    const written: Entry[] = [];
    const log = new RepeatLog((each) => void written.push(each));
    return { written, log, texts: () => written.map(({ text }) => text) };
  }

  test('writes the first at once, and the others of a minute as one line', () => {
    const { written, log, texts } = start();
    for (let i = 1; i <= 100; i++) log.say('g', 'k', entry(`failure ${i}`));
    expect(texts()).toEqual(['failure 1']);
    jest.advanceTimersByTime(MINUTE);
    expect(texts().slice(1)).toEqual(['failure 100 (the last of 99 more like it in 60 s)']);
    expect(written[1]?.params).toEqual({ event: 'e', repeats: 99, seconds: 60 });
  });

  test('goes on counting what goes on, and starts anew after a quiet minute', () => {
    const { log, texts } = start();
    log.say('g', 'k', entry('a'));
    log.say('g', 'k', entry('b'));
    jest.advanceTimersByTime(MINUTE);
    log.say('g', 'k', entry('c'));
    jest.advanceTimersByTime(2 * MINUTE);
    expect(jest.getTimerCount()).toBe(0);
    log.say('g', 'k', entry('d'));
    expect(texts()).toEqual([
      'a',
      'b (the last of 1 more like it in 60 s)',
      'c (the last of 1 more like it in 60 s)',
      'd',
    ]);
  });

  test('writes different kinds, and kinds of different groups, each for itself', () => {
    const { log, texts } = start();
    for (const group of ['g', 'h']) for (const kind of ['k', 'l']) log.say(group, kind, entry(group + kind));
    expect(texts()).toEqual(['gk', 'gl', 'hk', 'hl']);
  });

  test('whatever comes, a bounded number of lines a minute, and every event is counted', () => {
    const { written, log } = start();
    for (let i = 0; i < 100_000; i++) log.say(`group ${i % 1_000}`, `kind ${i % 999}`, entry(`failure ${i}`));
    jest.advanceTimersByTime(MINUTE);
    expect(written.length).toBeLessThanOrEqual(2 * 6 * 51);
    const repeats = written.reduce((sum, { params }) => sum + Number(params['repeats'] ?? 0), 0);
    const first = written.filter(({ params }) => params['repeats'] === undefined).length;
    expect(repeats + first).toBe(100_000);
    expect(written.some(({ text }) => /the last of \d+ other events in/.test(text))).toBe(true);
  });

  test('close tells what was counted, and leaves no timer; what comes later is written at once', () => {
    const { log, texts } = start();
    log.say('g', 'k', entry('a'));
    log.say('g', 'k', entry('b'));
    log.close();
    expect(texts()).toEqual(['a', 'b (the last of 1 more like it in 1 s)']);
    expect(jest.getTimerCount()).toBe(0);
    for (const text of ['c', 'd']) log.say('g', 'k', entry(text));
    expect(texts().slice(2)).toEqual(['c', 'd']);
    expect(jest.getTimerCount()).toBe(0);
  });
});
