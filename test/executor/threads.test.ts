import { describe, expect, jest, test } from '@jest/globals';
import { AsyncPoolExecutor, type ExecutorErrorInfo } from '../../dist/executor/index.js';
import { until } from '../signals.js';
import { fixture, Gate, runScript, thrownBy, workExecutor, type Work } from './kit.js';

describe('a thread that dies', () => {
  test('fails what runs in it, and is replaced', () => {
    using executor = workExecutor({ size: 2 });
    const gate = new Gate();
    const beside = executor.submit('open', gate.cells);
    gate.arrived(1);
    const error = thrownBy(() => executor.submit('exit', 3).result());
    expect(error).toMatchObject({
      name: 'ExecutorThreadDiedError',
      code: 'NB_EXECUTOR_THREAD_DIED',
      message: expect.stringMatching(/the thread of 'exit' ended, with exit code 3; the call had started/),
      started: true,
      exitCode: 3,
    });
    expect(thrownBy(() => beside.result())).toMatchObject({ code: 'NB_EXECUTOR_THREAD_DIED', started: true });
    expect(executor.submit('add', 1, 2).result()).toBe(3);
  });

  test('does not take along what waits: those calls go to the next thread, in order and unchanged', () => {
    using executor = workExecutor({ size: 1 });
    const gate = new Gate();
    executor.submit('block', gate.cells);
    const exit = executor.submit('exit', 1);
    const list = [1];
    const rest = [executor.submit('echo', list), executor.submit('echo', 2), executor.submit('count')];
    list.push(2);
    gate.open();
    expect(thrownBy(() => exit.result())).toMatchObject({ exitCode: 1, started: true });
    expect(rest.map((each) => each.result())).toEqual([[[1]], [2], 1]);
  });

  test('one after the other does not take along what waits', () => {
    using executor = workExecutor({ size: 1, onError: () => {} });
    const gate = new Gate();
    executor.submit('block', gate.cells);
    for (let i = 0; i < 5; i++) executor.submit('exit', 1);
    const last = executor.submit('add', 1, 2);
    gate.open();
    expect(last.result()).toBe(3);
  });

  test('makes room for a submit that is blocked', () => {
    using executor = workExecutor({ size: 1, maxQueueSize: 0 });
    const exit = executor.submit('exit', 1);
    expect(executor.submit('add', 1, 2).result()).toBe(3);
    expect(exit.state).toBe('failed');
    expect(() => exit.result()).toThrow(/exit code 1/);
  });

  test('one after the other: nothing is lost, nothing hangs', () => {
    using executor = workExecutor({ size: 4, threads: 2 });
    const futures = Array.from({ length: 40 }, (_, i) =>
      i % 10 === 5 ? executor.submit('exit', i) : executor.submit('add', i, 0),
    );
    const outcomes = futures.map((each) => {
      try {
        return each.result();
      } catch (error) {
        return (error as { code: string }).code;
      }
    });
    outcomes.forEach((outcome, i) => expect([i, 'NB_EXECUTOR_THREAD_DIED']).toContain(outcome));
    expect(outcomes[5]).toBe('NB_EXECUTOR_THREAD_DIED');
    expect(executor.submit('add', 1, 2).result()).toBe(3);
  });

  test.each(['crashLater', 'reject'] as const)('by what nobody caught, which is the cause: %s', (name) => {
    using executor = workExecutor();
    const error = thrownBy(() => executor.submit(name).result());
    expect(error).toMatchObject({ code: 'NB_EXECUTOR_THREAD_DIED', exitCode: 1 });
    expect(error.cause).toMatchObject({ name: expect.stringMatching(/Error|NotFound/), code: 'NOT_FOUND' });
  });

  test('by what cannot be turned into a string', () => {
    using executor = workExecutor();
    const error = thrownBy(() => executor.submit('crashStrangely').result());
    expect(error).toMatchObject({
      code: 'NB_EXECUTOR_THREAD_DIED',
      message: expect.stringContaining("by { toString: 'no function' }"),
    });
  });

  test('is heard of by run too', async () => {
    await using executor = workExecutor({ size: 1 });
    const exit = executor.run('exit', 2);
    const after = executor.run('add', 1, 2);
    await expect(exit).rejects.toMatchObject({ code: 'NB_EXECUTOR_THREAD_DIED', exitCode: 2 });
    expect(await after).toBe(3);
  });

  test('with no call in it is reported', async () => {
    const onError = jest.fn<(error: unknown, info: ExecutorErrorInfo) => void>();
    await using executor = workExecutor({ onError });
    executor.submit('exitWhenIdle').result();
    await until(() => onError.mock.calls.length > 0);
    expect(onError.mock.calls[0]?.[0]).toMatchObject({
      code: 'NB_EXECUTOR_THREAD_DIED',
      exitCode: 5,
      started: false,
    });
    expect(onError.mock.calls[0]?.[1]).toMatchObject({ function: undefined, future: undefined });
    expect(await executor.run('add', 1, 2)).toBe(3);
  });

  test('by running out of memory, while the main thread is blocked', async () => {
    const { code, stdout } = await runScript(
      `const e = executor({ size: 1 });
      const lost = e.submit('outOfMemory');
      const next = e.submit('add', 1, 2);
      try { lost.result(); } catch (error) { console.log(error.code, error.cause.code); }
      console.log(next.result());`,
      { args: ['--max-old-space-size=50'] },
    );
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: 'NB_EXECUTOR_THREAD_DIED ERR_WORKER_OUT_OF_MEMORY\n3\n',
    });
  });
});

describe('a preloaded module that ends every thread', () => {
  // Also the one that would tell of it.
  const args = [
    '--import',
    'data:text/javascript,import { isMainThread } from "node:worker_threads"; if (!isMainThread) process.exit(6);',
  ];

  test('fails the calls: by an event while this thread is free', async () => {
    const { code, stdout } = await runScript(
      `const e = executor();
      await e.run('add', 1, 2).catch((error) => console.log(error.code, error.cause.message));
      await e.run('add', 1, 2).catch((error) => console.log(error.code));
      e.shutdown();`,
      { args },
    );
    expect(stdout).toBe(
      'NB_EXECUTOR_THREAD_DIED the supervisor ended with exit code 6\nNB_EXECUTOR_CLOSED\n',
    );
    expect(code).toBe(0);
  });

  test('fails the calls: by a time limit while it is blocked', async () => {
    const { code, stdout } = await runScript(
      `try { executor().submit('add', 1, 2).result(); } catch (error) { console.log(error.code, error.cause.message); }`,
      { args },
    );
    expect(stdout).toBe('NB_EXECUTOR_THREAD_DIED the supervisor did not start within 10000 ms\n');
    expect(code).toBe(0);
  });
});

describe('a preloaded module', () => {
  const preload = (source: string): string[] => [
    '--import',
    `data:text/javascript,${encodeURIComponent(
      `import { isMainThread, workerData, BroadcastChannel } from 'node:worker_threads';
      const inSupervisor = !isMainThread && workerData.port !== undefined && workerData.slots === undefined;
      ${source}`,
    )}`,
  ];
  /** Fails in the supervisor once it is told to, which is when a call runs. */
  const fails = preload(`
    if (inSupervisor) {
      const channel = new BroadcastChannel('fail');
      channel.onmessage = () => { throw new RangeError('agent failed'); };
    }`);
  const script = (call: string): string => `
    import { BroadcastChannel } from 'node:worker_threads';
    const e = executor({ size: 1 });
    const gate = new Int32Array(new SharedArrayBuffer(16));
    e.submit('add', 1, 2).result();
    const future = e.submit('open', gate);
    new BroadcastChannel('fail').postMessage('now');
    try { ${call} } catch (error) { console.log(error.code, error.cause.name, error.cause.message); }
    process.exit();`;

  test.each([
    ['blocked', 'future.result();'],
    ['free', `await e.run('add', 1, 2);`],
  ])('that ends the supervisor later fails the calls, while this thread is %s', async (_, call) => {
    const { code, stdout } = await runScript(script(call), { args: fails });
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: 'NB_EXECUTOR_THREAD_DIED RangeError agent failed\n',
    });
  });

  test('that keeps its thread alive does not keep the threads of a closed executor', async () => {
    const { code, stdout } = await runScript(
      `import { BroadcastChannel } from 'node:worker_threads';
      const ended = new BroadcastChannel('ended');
      let threads = 0;
      const both = new Promise((resolve) => void (ended.onmessage = () => ++threads === 2 && resolve()));
      const e = executor();
      await e.run('add', 1, 2);
      await e.close();
      await both;
      console.log('both ended');
      process.exit();`,
      {
        args: preload(`
          setInterval(() => {}, 1_000);
          const channel = new BroadcastChannel('ended');
          if (!isMainThread) process.on('exit', () => channel.postMessage('ended'));
          else channel.close();`),
      },
    );
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'both ended\n' });
  });

  test('that makes an executor is refused in the threads of that executor', async () => {
    const { stdout } = await runScript(`e.shutdown(); console.log('ended');`, {
      args: preload(`
        import { writeSync } from 'node:fs';
        import { AsyncPoolExecutor } from ${JSON.stringify(new URL('../../dist/executor/index.js', import.meta.url).href)};
        try {
          globalThis.e = AsyncPoolExecutor.forModule(${JSON.stringify(fixture('work.mjs').href)});
        } catch (error) {
          writeSync(1, (inSupervisor ? 'supervisor ' : 'thread ') + error.code + '\\n');
        }`),
    });
    expect(stdout).toBe('supervisor NB_EXECUTOR_MODULE\nthread NB_EXECUTOR_MODULE\nended\n');
  });
});

describe('modules that make executors', () => {
  test('for themselves are refused, or they would start threads without end', () => {
    using executor = AsyncPoolExecutor.forModule<Work>(fixture('makes-itself.mjs'));
    const error = thrownBy(() => executor.submit('add', 1, 2).result());
    expect(error).toMatchObject({ code: 'NB_EXECUTOR_MODULE', cause: { code: 'NB_EXECUTOR_MODULE' } });
    expect(error.message).toMatch(/makes an executor for itself.*isMainThread/);
  });

  test('for others may do so', () => {
    using executor = AsyncPoolExecutor.forModule<Work>(fixture('nests.mjs'));
    expect(executor.submit('add', 1, 2).result()).toBe(3);
  });
});
