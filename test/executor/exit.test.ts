import { describe, expect, test } from '@jest/globals';
import { fixture, runScript } from './kit.js';

const numbers = (count: number): string => Array.from({ length: count }, (_, i) => `${i}\n`).join('');
const submitTen = `const e = executor({ size: 1 }); for (let i = 0; i < 10; i++) e.submit('print', i);`;

describe('whatever was accepted is finished at process exit, without a call', () => {
  test.each([
    ['falling off the end', '', 0],
    ['process.exit()', 'process.exit(7);', 7],
    ['process.exitCode', 'process.exitCode = 3;', 3],
    ['an uncaught exception', `throw new Error('uncaught');`, 1],
    ['an unhandled rejection', `Promise.reject(new Error('uncaught'));`, 1],
    ['a shutdown that did not wait', 'e.shutdown({ wait: false });', 0],
    ['a close that nobody awaits', 'void e.close();', 0],
  ])('%s', async (_, end, code) => {
    const ended = await runScript(`${submitTen} ${end}`);
    expect(ended).toMatchObject({ code, signal: null, stdout: numbers(10) });
    expect(ended.stderr === '').toBe(code !== 1);
  });

  test('calls of run, too, also those that waited for a free thread', async () => {
    const ended = await runScript(`
      const e = executor({ size: 2, threads: 2 });
      for (let i = 0; i < 6; i++) void e.run('print', 'x');
      process.exit();`);
    expect(ended).toMatchObject({ code: 0, stdout: 'x\n'.repeat(6), stderr: '' });
  });

  test('of many executors, without a warning, and of one that was shut down already', async () => {
    const ended = await runScript(`
      executor().shutdown();
      for (let i = 0; i < 12; i++) executor().submit('print', 'x');`);
    expect(ended).toMatchObject({ code: 0, stdout: 'x\n'.repeat(12), stderr: '' });
  });

  test('also what a function has submitted to an executor in its own thread', async () => {
    const ended = await runScript(`
      const e = AsyncPoolExecutor.forModule(${JSON.stringify(fixture('nests.mjs').href)});
      e.submit('printLater', 'nested');`);
    expect(ended).toMatchObject({ code: 0, stdout: 'nested\n', stderr: '' });
  });

  test('a thread that dies meanwhile neither hangs it nor takes along what waits', async () => {
    const ended = await runScript(`
      const e = executor({ size: 1 });
      e.submit('exit', 9);
      e.submit('print', 'after');`);
    expect(ended).toMatchObject({ code: 0, stdout: 'after\n' });
    expect(ended.stderr).toMatch(/\[NB_UNASKED_FAILURE\].*'exit' of AsyncPoolExecutor failed[^]*exit code 9/);
  });

  test('of all executors before any onError, which may exit at once', async () => {
    const ended = await runScript(`
      const a = executor({ onError: () => process.exit(5) });
      const b = executor({ size: 1 });
      a.submit('fail', 'x');
      for (let i = 0; i < 3; i++) b.submit('print', i);`);
    expect(ended).toMatchObject({ code: 5, stdout: numbers(3) });
  });

  test.each(['', `executor().submit('add', 1, 2);`])(
    'an executor made after that is refused: %s',
    async (before) => {
      const ended = await runScript(`
      ${before}
      process.on('exit', () => { try { executor(); } catch (error) { console.log(error.code, error.message); } });`);
      expect(ended.stdout).toMatch(/^NB_EXECUTOR_CLOSED AsyncPoolExecutor: the process is exiting/);
      expect(ended.code).toBe(0);
    },
  );

  test('a submit after that is refused', async () => {
    const ended = await runScript(`
      const e = executor();
      process.on('exit', () => { try { e.submit('add', 1, 2); } catch (error) { console.log(error.code); } });`);
    expect(ended).toMatchObject({ code: 0, stdout: 'NB_EXECUTOR_CLOSED\n' });
  });

  test('but a signal that kills the process kills its threads: unless it is handled', async () => {
    const killed = await runScript(
      `${submitTen} process.kill(process.pid, 'SIGINT'); e.submit('add', 1, 2).result();`,
    );
    expect(killed.signal).toBe('SIGINT');
    const handled = await runScript(`
      process.once('SIGINT', () => process.exit(130));
      ${submitTen}
      process.kill(process.pid, 'SIGINT');
      setInterval(() => {}, 1_000);`);
    expect(handled).toMatchObject({ code: 130, stdout: numbers(10) });
  });
});

describe('what a thread prints', () => {
  const stdout = 'log 1\ninfo\ndebug\nwrite\nbytes\nla\xe9\ncalled back\n';

  test.each([
    ['is blocked', `e.submit('printAll').result(); e.submit('nothing').result();`],
    ['exits', `e.submit('printAll');`],
    ['is free', `await e.run('printAll');`],
  ])('is printed, in order, while the main thread %s', async (_, call) => {
    const ended = await runScript(`const e = executor(); ${call}`);
    // One byte of it is not UTF-8 by itself.
    expect(ended.stdout).toBe(stdout.replace('\xe9', '\ufffd'));
    expect(ended.stderr).toBe('error\nwarn\nstderr\n');
    expect(ended.code).toBe(0);
  });

  test('is there before the result is', async () => {
    const ended = await runScript(`
      const e = executor();
      for (let i = 0; i < 3; i++) { e.submit('print', 'thread', i).result(); console.log('main', i); }`);
    expect(ended.stdout).toBe([0, 1, 2].map((i) => `thread\n${i}\nmain ${i}\n`).join(''));
  });

  test('waits for a reader that is slow', async () => {
    const text = 'x'.repeat(1_000);
    // The main thread's own output sets the pipe to non-blocking.
    const ended = await runScript(
      `process.stdout.write('first\\n');
      const e = executor();
      const f = e.submit('printMuch', 500, ${JSON.stringify(text)});
      console.error(f.state);
      f.result();`,
      { slowReader: true },
    );
    const lines = Array.from({ length: 500 }, (_, i) => `${i} ${text}\n`).join('');
    expect(ended.stdout === `first\n${lines}`).toBe(true);
    expect(ended.code).toBe(0);
  });
});

describe('a failure that nobody asked about', () => {
  test('is printed at exit, with its cause, and only once', async () => {
    const ended = await runScript(`executor({ name: 'mine' }).submit('fail', 'boom');`);
    expect(ended).toMatchObject({ code: 0, stdout: '' });
    expect(ended.stderr.match(/boom/g)).toHaveLength(1);
    expect(ended.stderr).toMatch(
      /\[NB_UNASKED_FAILURE\] NbAioPoolWarning: 'fail' of mine failed[^]*\[cause\]: TypeError: inner/,
    );
  });

  test('of run at exit, too: its promise can tell nobody any more', async () => {
    const ended = await runScript(`void executor().run('fail', 'boom'); process.exit();`);
    expect(ended.stderr).toMatch(/'fail' of AsyncPoolExecutor failed[^]*boom/);
  });

  test('goes to onError at exit', async () => {
    const ended = await runScript(`
      const onError = (error, info) => { console.log(error.message, info.executor, info.function, info.future.state); throw new Error('again'); };
      executor({ onError }).submit('fail', 'boom');`);
    expect(ended.stdout).toBe('boom AsyncPoolExecutor fail failed\n');
    expect(ended.stderr).toMatch(/\[NB_ON_ERROR_FAILED\][^]*again/);
  });

  test('does not pile up in a long turn', async () => {
    const ended = await runScript(`
      let reported = 0;
      const e = executor({ onError: () => reported++ });
      for (let i = 0; i < 3_000; i++) e.submit('fail', 'x');
      while (e.stats().running + e.stats().waiting > 0);
      console.log(reported >= 2_000);
      process.on('exit', () => console.log(reported));`);
    expect(ended).toMatchObject({ code: 0, stdout: 'true\n3000\n', stderr: '' });
  });

  // In the middle of a long turn, too, where onError is called before the turn has ended.
  test.each([
    ['exits', 'if (reported === 1) process.exit(5)', 5, ''],
    ['shuts down', 'if (reported === 1) e.shutdown()', 0, 'NB_EXECUTOR_CLOSED\n'],
    ['submits', `e.submit('add', 1, 2)`, 0, ''],
  ])('may go to an onError that %s', async (_, call, code, stdout) => {
    const ended = await runScript(`
      let reported = 0;
      const onError = () => { reported++; ${call}; };
      const e = executor({ size: 4, maxQueueSize: 10, onError });
      process.on('exit', () => console.error(reported > 1_000));
      try { for (let i = 0; i < 3_000; i++) e.submit('fail', 'x'); } catch (error) { console.log(error.code); }`);
    expect(ended).toMatchObject({ code, stdout, stderr: 'true\n' });
  });
});
