import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { range } from './examples/range.js';
import { capturePrint, fakeTime, mockSleep, simulate } from './kit.js';
import { compilePrograms, type Programs } from './processes.js';

/** Two seconds become 50 ms. */
const SPEED = 40;

const sleep = mockSleep();
const examples = await import('./examples/async-pool-executor.js');

let programs: Programs;
beforeAll(async () => {
  programs = await compilePrograms('executor', ['work', 'thirty', 'class', 'hundred', 'versus']);
});
afterAll(() => programs.remove());

/** Runs a program to its end: what it printed, and in how many rounds of 2 s it can have done so at most. */
async function run(name: string) {
  const start = performance.now();
  const { code, lines, stderr } = await programs.run(name, SPEED).ended;
  const rounds = (performance.now() - start) / (2000 / SPEED);
  return { code, lines, stderr, rounds };
}

test('thirty tasks, three at a time', async () => {
  const { code, lines, stderr, rounds } = await run('thirty');
  expect({ code, lines, stderr }).toEqual({ code: 0, lines: range(30).map(String), stderr: '' });
  expect(rounds).toBeGreaterThanOrEqual(9);
});

test('what its class does: a failure is shown, the rest goes on, shutdown waits', async () => {
  const { code, lines, stderr } = await run('class');
  expect({ code, lines }).toEqual({ code: 0, lines: [...range(30).map(String), 'the loop is closed'] });
  expect(stderr).toMatch(/this one fails\n.*at fails/s);
});

test('a hundred tasks, ten at a time', async () => {
  const { code, lines, stderr, rounds } = await run('hundred');
  expect({ code, lines, stderr }).toEqual({ code: 0, lines: range(100).map(String), stderr: '' });
  expect(rounds).toBeGreaterThanOrEqual(9);
});

describe('the same without it', () => {
  let lines: string[];
  beforeEach(() => {
    fakeTime();
    sleep.peak = 0;
    lines = capturePrint();
  });
  afterEach(() => {
    jest.useRealTimers();
    jest.restoreAllMocks();
  });

  test.each([
    ['a semaphore and gather', examples.withSemaphore],
    ['a pool in asynchronous code', examples.withPool],
  ])('%s', async (_, example) => {
    expect((await simulate(example)).seconds).toBe(20);
    expect(lines).toEqual(range(100).map(String));
    expect(sleep.peak).toBe(10);
  });
});

test('nb_aiopool 7.3: the executor is for synchronous code, the pool for asynchronous', async () => {
  const { code, lines, stderr } = await run('versus');
  expect({ code, lines, stderr }).toEqual({ code: 0, lines: ['arg 1', 'arg 2'], stderr: '' });
});
