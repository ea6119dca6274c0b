import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { range } from './examples/range.js';
import { capturePrint, fakeTime, line, mockSleep, simulate } from './kit.js';

const sleep = mockSleep();
const examples = {
  ...(await import('./examples/nb-aiopool/quick-start.js')),
  ...(await import('./examples/nb-aiopool/back-pressure.js')),
  ...(await import('./examples/nb-aiopool/four-ways.js')),
  ...(await import('./examples/nb-aiopool/lifetimes.js')),
  ...(await import('./examples/nb-aiopool/reference.js')),
};

let lines: string[];

beforeEach(() => {
  fakeTime();
  sleep.peak = 0;
  lines = capturePrint();
});
afterEach(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
  sleep.stretch = (ms) => ms;
});

/** Not the spied one. */
const repeat = (text: string, times: number): string => Array.from({ length: times + 1 }).join(text);
const doubled = (count: number): number[] => range(count).map((i) => i * 2);

test('2. quick start', async () => {
  // One, one, and a hundred, ten at a time: each for 0.1 s.
  expect((await simulate(examples.quickStart)).seconds).toBe(1.2);
  expect(lines).toEqual(['result: 10', 'result: 20', line('results:', doubled(100))]);
  expect(sleep.peak).toBe(10);
});

describe('3. is it needed? 20,000 tasks with a string each', () => {
  const total = 20_000;

  /** How many arguments are made, and not done with: an example makes one with repeat(100), a result with repeat(200). */
  function countAlive(): { readonly peak: number; readonly made: number } {
    const counts = { alive: 0, peak: 0, made: 0 };
    jest.spyOn(String.prototype, 'repeat').mockImplementation(function spy(this: string, times: number) {
      if (times === 100) {
        counts.made++;
        counts.peak = Math.max(counts.peak, ++counts.alive);
      }
      if (times === 200) counts.alive--;
      return repeat(this, times);
    });
    return counts;
  }

  test('3.2 bad: a semaphore bounds what runs, but all of them exist at once', async () => {
    const counts = countAlive();
    expect((await simulate(() => examples.badExample(total))).seconds).toBe(2);
    expect(counts.peak).toBe(total);
    expect(sleep.peak).toBe(1000);
  });

  test('3.3 good: no more exist than run and wait, and the one that is being submitted', async () => {
    const counts = countAlive();
    expect((await simulate(() => examples.goodExample(total))).seconds).toBe(2);
    expect(counts).toMatchObject({ made: total, peak: 1000 + 10_000 + 1 });
    expect(sleep.peak).toBe(1000);
  });

  test('3.4 in batches of 1,000', async () => {
    const counts = countAlive();
    expect((await simulate(() => examples.safeBatchProcessing(3000))).seconds).toBe(0.33);
    expect(counts).toMatchObject({ made: 3000, peak: 1000 });
    expect(lines).toEqual(['batch: 0 to 999', 'batch: 1000 to 1999', 'batch: 2000 to 2999']);
  });

  test('3.4 one task that takes 300 s holds up the batches, and not the pool', async () => {
    let ended: number[] = [];
    const watch = (): void => {
      let count = 0;
      ended = [];
      const begin = performance.now();
      jest.spyOn(String.prototype, 'repeat').mockImplementation(function spy(this: string, times: number) {
        if (times === 200) ended.push((performance.now() - begin) / 1000);
        return repeat(this, times);
      });
      sleep.stretch = (ms) => (ms === 100 && count++ === 0 ? 300_000 : ms);
    };
    watch();
    await simulate(() => examples.safeBatchProcessing(3000));
    expect(ended.filter((time) => time < 300)).toHaveLength(999);
    jest.restoreAllMocks();
    watch();
    await simulate(() => examples.goodExample(3000));
    expect(ended.filter((time) => time < 1)).toHaveLength(2999);
  });

  test('6.2 and 6.3: the same comparison, with prints', async () => {
    const bad = countAlive();
    // More than the pool's 11,001.
    expect((await simulate(() => examples.noPoolMain(13_000))).seconds).toBe(65);
    expect(bad.peak).toBe(13_000);
    expect(lines).toEqual([
      'making a million tasks...',
      'running them...',
      ...range(13_000).map(String),
      'done',
    ]);
    jest.restoreAllMocks();
    lines = capturePrint();
    const good = countAlive();
    expect((await simulate(() => examples.poolMain(13_000))).seconds).toBe(65);
    expect(good).toMatchObject({ made: 13_000, peak: 11_001 });
    expect(lines).toEqual(range(13_000).map(String));
  });
});

describe('4. submit and run', () => {
  test('4.1 submit', async () => {
    expect((await simulate(examples.exampleSubmit)).seconds).toBe(1);
    expect(lines).toEqual(['submitted; time to do something else', line('results:', doubled(100))]);
  });

  test('4.2 run', async () => {
    expect((await simulate(examples.exampleRun)).seconds).toBe(10);
    expect(lines).toEqual(range(100).map((i) => `result of task ${i}: ${i * 2}`));
    expect(sleep.peak).toBe(1);
  });

  test('4.3 batch_submit', async () => {
    expect((await simulate(examples.exampleBatchSubmit)).seconds).toBe(1);
    expect(lines).toEqual(['100 tasks submitted', line('results:', doubled(100))]);
    expect(sleep.peak).toBe(10);
  });

  test('4.3 the usual way, and batch_submit', async () => {
    const { value } = await simulate(examples.compareSubmitting);
    expect(value).toEqual([doubled(100), doubled(100)]);
  });

  test('4.4 batch_run', async () => {
    expect((await simulate(examples.exampleBatchRun)).seconds).toBe(1);
    expect(lines).toEqual([line('results:', doubled(100)), '100 tasks done']);
  });

  test('4.4 the usual way, and batch_run', async () => {
    const { value } = await simulate(examples.compareRunning);
    expect(value).toEqual([doubled(100), doubled(100)]);
  });

  test('4.5 the four of them', async () => {
    const { value, seconds } = await simulate(examples.fourWays);
    expect(value).toEqual(range(4).map(() => [2, 4]));
    // Only run() does one after the other.
    expect(seconds).toBe(0.5);
  });
});

describe('5. local and global pools', () => {
  test('5.1.1 async with', async () => {
    expect((await simulate(examples.localPool)).seconds).toBe(4);
    const all = range(100).map(String);
    expect(lines).toEqual([
      ...all,
      line('results 1:', doubled(100)),
      ...range(10).flatMap((i) => [`${i}`, `result of task ${i}: ${i * 2}`]),
      ...all,
      line('results 3:', doubled(100)),
      ...all,
      line('results 4:', doubled(100)),
    ]);
    expect(sleep.peak).toBe(10);
  });

  test('5.1.2 by hand', async () => {
    expect((await simulate(examples.byHand)).seconds).toBe(1);
    expect(lines).toEqual([...range(100).map(String), line('results:', doubled(100))]);
  });

  test('5.2 a global pool, and tasks that submit to it', async () => {
    const { seconds } = await simulate(async () => {
      await examples.globalPool();
      await examples.aiopool.onIdle();
    });
    // 30 of 1 s and 30 of 2 s, three at a time.
    expect(seconds).toBe(30);
    expect(sleep.peak).toBe(3);
    expect(lines.filter((each) => each.startsWith('Level1'))).toEqual(range(30).map((i) => `Level1: ${i}`));
    expect(lines.filter((each) => each.startsWith('Level2'))).toEqual(
      range(30).map((i) => `Level2: ${i * 2}, ${i * 3}`),
    );
  });
});

describe('8. to 10.', () => {
  test('8.1 the defaults', () => {
    expect(examples.shared).toMatchObject({ maxConcurrency: 100 });
    expect((examples.shared as import('../../lib/pool/index.js').NbAioPool).stats().maxQueueSize).toBe(1000);
  });

  test("8.2 the docstrings' examples", async () => {
    const { value } = await simulate(examples.docstrings);
    expect(value).toEqual({ submitted: 20, run: 20, gathered: doubled(100), results: doubled(100) });
  });

  test('8.3 the context manager waits for the task', async () => {
    await simulate(examples.contextManager);
    expect(lines).toEqual(['1']);
  });

  test('9. best practices', async () => {
    const { value } = await simulate(examples.bestPractices);
    expect(value).toEqual([doubled(1000), doubled(1000), doubled(1000)]);
    expect(sleep.peak).toBe(100);
  });

  test('10. Q1: batch_submit or batch_run', async () => {
    const { value } = await simulate(examples.question1);
    expect(value).toEqual([doubled(100), doubled(100)]);
  });

  test('10. Q2: async with or shutdown', async () => {
    await simulate(examples.question2);
    expect(lines).toEqual(['1', '1']);
  });
});
