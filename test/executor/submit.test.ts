import { afterEach, describe, expect, test } from '@jest/globals';
import type { AsyncPoolExecutor } from '../../dist/executor/index.js';
import { Gate, thrownBy, workExecutor, type Work } from './kit.js';

let executor: AsyncPoolExecutor<Work>;
afterEach(() => executor.shutdown());

describe('submit, from synchronous code', () => {
  test('gives values of asynchronous and synchronous functions', () => {
    executor = workExecutor({ size: 3 });
    expect(executor.submit('add', 1, 2).result()).toBe(3);
    expect(executor.submit('addAtOnce', 1, 2).result()).toBe(3);
    expect(executor.submit('nothing').result()).toBeUndefined();
  });

  test('keeps order and identity of ten thousand calls', () => {
    executor = workExecutor({ size: 3, maxQueueSize: 10, threads: 2 });
    const futures = Array.from({ length: 10_000 }, (_, i) => executor.submit('add', i, i));
    expect(futures.map((each) => each.result())).toEqual(Array.from({ length: 10_000 }, (_, i) => 2 * i));
    expect(executor.stats()).toMatchObject({ running: 0, waiting: 0, blocked: 0 });
  });

  test('goes on while this thread is busy', () => {
    executor = workExecutor({ size: 1 });
    const gate = new Gate();
    gate.open();
    for (let i = 0; i < 10; i++) executor.submit('open', gate.cells);
    // Blocks this thread without the executor's knowledge.
    gate.arrived(10);
    expect(Atomics.load(gate.cells, 3)).toBe(10);
  });

  test('one call after the other leaves the thread time for its own timers', () => {
    executor = workExecutor();
    while (executor.submit('tick').result() < 5);
    expect(executor.submit('tick').result()).toBeGreaterThanOrEqual(5);
  });

  test('a result may be asked for again, and is the same', () => {
    executor = workExecutor();
    const future = executor.submit('echo', { a: 1 });
    expect(future.result()).toEqual([{ a: 1 }]);
    expect(future.result()).toBe(future.result());
  });

  test('copies the arguments before it returns', () => {
    executor = workExecutor({ size: 1 });
    const gate = new Gate();
    const list = [1];
    executor.submit('open', gate.cells);
    const running = executor.submit('echo', list);
    const waiting = executor.submit('echo', list);
    list.push(2);
    gate.open();
    expect([running.result(), waiting.result()]).toEqual([[[1]], [[1]]]);
  });

  test('carries what structuredClone carries', () => {
    executor = workExecutor();
    const args = [
      1n,
      new Map([[1, new Set(['x'])]]),
      new Date(0),
      /x/g,
      new Uint8Array([1]),
      undefined,
      null,
    ];
    expect(executor.submit('echo', ...args).result()).toEqual(args);
    expect(executor.submit('bytes', 10_000_000).result()).toHaveLength(10_000_000);
  });
});

describe('bounds', () => {
  test('at most size calls run, in all threads together', () => {
    executor = workExecutor({ size: 5, threads: 2 });
    const gate = new Gate();
    const futures = Array.from({ length: 12 }, () => executor.submit('meet', gate.cells));
    gate.arrived(5);
    expect(executor.stats()).toMatchObject({ running: 5, waiting: 7, blocked: 0, size: 5, threads: 2 });
    gate.open();
    for (const each of futures) each.result();
    expect(gate.peak).toBe(5);
  });

  test('submit blocks while size calls run and maxQueueSize wait; trySubmit does not', () => {
    executor = workExecutor({ size: 1, maxQueueSize: 1 });
    const gate = new Gate();
    const first = executor.submit('open', gate.cells);
    gate.arrived(1);
    const second = executor.trySubmit('add', 1, 1);
    expect([first.state, second?.state]).toEqual(['running', 'waiting']);
    expect(executor.trySubmit('add', 1, 1)).toBeUndefined();
    gate.open();
    // It returns only because the first one ended.
    const third = executor.submit('add', 2, 2);
    expect(first.state).toBe('done');
    expect([second?.result(), third.result()]).toEqual([2, 4]);
  });

  test('a queue of none: a call is accepted only when it can run', () => {
    executor = workExecutor({ size: 2, maxQueueSize: 0 });
    const gate = new Gate();
    const both = [executor.submit('open', gate.cells), executor.submit('open', gate.cells)];
    expect(executor.trySubmit('add', 1, 1)).toBeUndefined();
    gate.open();
    for (const each of both) each.result();
    expect(executor.trySubmit('add', 1, 1)?.result()).toBe(2);
  });
});

describe('result', () => {
  test('with a timeout throws when the time is over, and the call goes on', () => {
    executor = workExecutor();
    const gate = new Gate();
    const future = executor.submit('open', gate.cells);
    for (const timeout of [0, 5]) {
      expect(thrownBy(() => future.result(timeout))).toMatchObject({
        code: 'NB_EXECUTOR_TIMEOUT',
        message: expect.stringContaining(`'open' has not ended within ${timeout} ms`),
      });
    }
    gate.open();
    expect(future.result(60_000)).toBeUndefined();
    expect(future.result(0)).toBeUndefined();
  });

  test.each([-1, 0.5, Number.NaN, '5', 2 ** 31])('refuses the timeout %p', (timeout) => {
    executor = workExecutor();
    const future = executor.submit('nothing');
    expect(() => future.result(timeout as number)).toThrow(
      /the timeout must be a whole number from 0 to \d+ milliseconds/,
    );
    future.result();
  });

  test('a future shows its state and nothing else', () => {
    executor = workExecutor();
    const future = executor.submit('nothing');
    future.result();
    expect(JSON.stringify(future)).toBe('{"state":"done"}');
    expect(future.state).toBe('done');
    expect(future).not.toHaveProperty('then');
  });
});
