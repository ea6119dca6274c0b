import { describe, expect, test } from '@jest/globals';
import { NbAioPool } from '../../lib/pool/index.js';
import { AsyncPoolExecutor } from '../../dist/executor/index.js';
import { fixture, Gate, runScript, thrownBy, workExecutor, type Work } from './kit.js';

const numbers = (count: number): string[] => Array.from({ length: count }, (_, i) => String(i));
const printed = (stdout: string): string[] => stdout.trim().split('\n');

/** Each example of the description of async_pool_executor, in its order. */
describe('async_pool_executor', () => {
  test('"pool = AsyncPoolExecutor(3); for i in range(30): pool.submit(async_f, i)" prints all, without a shutdown', async () => {
    const { code, stdout } = await runScript(`
      const pool = executor({ size: 3 });
      for (let i = 0; i < 30; i++) pool.submit('print', i);`);
    expect({ code, lines: printed(stdout) }).toEqual({ code: 0, lines: numbers(30) });
  });

  test('its class: __init__(size), a queue of that size, submit that blocks, shutdown at exit or by a call', async () => {
    const { code, stdout } = await runScript(`
      const pool = executor({ size: 3, maxQueueSize: 3 });
      for (let i = 0; i < 30; i++) pool.submit('print', i);
      pool.shutdown();
      console.log('closed the loop');`);
    expect({ code, lines: printed(stdout) }).toEqual({ code: 0, lines: [...numbers(30), 'closed the loop'] });
  });

  test('its class: an error of a task is printed with its traceback, and the others go on', async () => {
    const { code, stdout, stderr } = await runScript(`
      const pool = executor({ size: 3 });
      pool.submit('fail', 'boom');
      pool.submit('print', 'goes on');`);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'goes on\n' });
    expect(stderr).toMatch(/boom\n.*at fail/);
  });

  test('"if __name__ == \'__main__\'": ten at a time, a hundred tasks, added at any time', async () => {
    const { stdout } = await runScript(`
      const pool = executor({ size: 10 });
      for (let i = 0; i < 50; i++) pool.submit('print', i);
      for (let i = 50; i < 100; i++) pool.submit('print', i);`);
    expect(printed(stdout)).toEqual(numbers(100));
  });

  test('__main__ guard: the functions of a module that makes its own executor', () => {
    using pool = AsyncPoolExecutor.forModule<Work>(fixture('makes-itself.mjs'));
    expect(thrownBy(() => pool.submit('add', 1, 2).result()).message).toMatch(/isMainThread/);
  });

  test('"async with sem ... asyncio.wait(tasks)": the same by hand, in one loop', async () => {
    let running = 0;
    let peak = 0;
    const task = async (x: number): Promise<number> => {
      peak = Math.max(peak, ++running);
      await Promise.resolve();
      running--;
      return x;
    };
    const pool = new NbAioPool({ maxConcurrency: 10 });
    const values = await pool.batchRun(Array.from({ length: 100 }, (_, i) => () => task(i)));
    expect([values.length, peak]).toEqual([100, 10]);
  });

  test('and by the executor: at most ten are in', () => {
    using pool = workExecutor({ size: 10 });
    const gate = new Gate();
    const futures = Array.from({ length: 100 }, () => pool.submit('meet', gate.cells));
    gate.arrived(10);
    gate.open();
    for (const each of futures) each.result();
    expect(gate.peak).toBe(10);
  });

  test('"run_coroutine_threadsafe(do_some_work(6), new_loop)", then of 4: added to a running loop, the shorter ends first', () => {
    using pool = workExecutor({ size: 2 });
    const [six, four] = [new Gate(), new Gate()];
    const long = pool.submit('open', six.cells);
    const short = pool.submit('open', four.cells);
    six.arrived(1);
    four.arrived(1);
    four.open();
    short.result();
    expect(long.state).toBe('running');
    six.open();
    long.result();
  });
});

describe('the asyncio guide: a loop in another thread', () => {
  test('"call_soon_threadsafe(more_work, 6)", then of 3: blocking functions run one after the other, this thread goes on', () => {
    using pool = workExecutor({ size: 2 });
    const [six, three] = [new Gate(), new Gate()];
    const first = pool.submit('block', six.cells);
    const second = pool.submit('block', three.cells);
    six.arrived(1);
    expect([first.state, second.state]).toEqual(['running', 'waiting']);
    three.open();
    six.open();
    expect([first.result(), second.result()]).toEqual(['unblocked', 'unblocked']);
  });
});
