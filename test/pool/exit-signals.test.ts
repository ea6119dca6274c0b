import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { NbAioPool } from '../../lib/pool/index.js';
import { deferred } from './signals.js';

const dist = new URL('../../dist/pool/index.js', import.meta.url).href;
const root = fileURLToPath(new URL('../..', import.meta.url));

interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly lines: string[];
}

/** Runs the script; answers a line that ends with `!SIGNAL` with that signal. */
function run(script: string): Promise<Exit> {
  const prelude = `import { NbAioPool } from ${JSON.stringify(dist)};
    import { setTimeout as sleep } from 'node:timers/promises';
    const say = (line) => process.stdout.write(line + '\\n');
    const never = () => new Promise(() => setInterval(() => {}, 1000));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', prelude + script], { cwd: root });
  return new Promise((resolve, reject) => {
    const lines: string[] = [];
    let rest = '';
    child.stderr.pipe(process.stderr);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const parts = (rest + text).split('\n');
      rest = parts.pop() ?? '';
      for (const line of parts) {
        lines.push(line);
        const [, signal] = /!(SIG\w+)$/.exec(line) ?? [];
        if (signal !== undefined) child.kill(signal as NodeJS.Signals);
      }
    });
    child.on('error', reject).on('close', (code, signal) => resolve({ code, signal, lines }));
  });
}

describe.each([['SIGINT'], ['SIGTERM']])('%s', (signal) => {
  test("'finish' lets all accepted tasks finish, and then lets the process go by the same signal", async () => {
    const exit = await run(`
      const pool = new NbAioPool({ maxConcurrency: 1, signals: 'finish' });
      const futures = await pool.batchSubmit([1, 2, 3].map((n) => async ({ signal }) => {
        if (n === 1) {
          say('go!${signal}');
          while (!pool.stats().closed) await sleep(1);
        }
        await sleep(1);
        say('task ' + n + ' ' + signal.aborted);
      }));
      setInterval(() => {}, 1000);
    `);
    expect(exit).toEqual({
      code: null,
      signal,
      lines: [`go!${signal}`, 'task 1 false', 'task 2 false', 'task 3 false'],
    });
  });

  test("'cancel' aborts what runs, and cancels what waits", async () => {
    const exit = await run(`
      const pool = new NbAioPool({ maxConcurrency: 1, signals: 'cancel' });
      const first = pool.run(async ({ signal }) => {
        say('go!${signal}');
        await sleep(100_000, undefined, { signal }).catch((error) => say(error.cause.code));
        say('cleaned up');
      });
      pool.run(() => say('never')).catch((error) => say('second ' + error.code));
      setInterval(() => {}, 1000);
    `);
    expect(exit).toMatchObject({ code: null, signal });
    expect(exit.lines.toSorted()).toEqual(
      ['NB_TASK_CANCELLED', 'cleaned up', `go!${signal}`, 'second NB_TASK_CANCELLED'].toSorted(),
    );
  });

  test('a second one ends the process at once', async () => {
    const exit = await run(`
      const pool = new NbAioPool({ signals: 'finish' });
      pool.run(({ signal }) => { say('first!${signal}'); return never(); });
      pool.run(never);
      const look = setInterval(() => {
        if (!pool.stats().closed) return;
        clearInterval(look);
        say('second!${signal}');
      }, 1);
    `);
    expect(exit).toEqual({ code: null, signal, lines: [`first!${signal}`, `second!${signal}`] });
  });
});

test('all pools end, each in its own way, before the process goes', async () => {
  const exit = await run(`
    const [a, b] = [new NbAioPool({ signals: 'finish' }), new NbAioPool({ signals: 'cancel' })];
    const cancelled = b.run(({ signal }) => sleep(100_000, undefined, { signal })).catch(() => say('cancelled'));
    a.run(async () => { await cancelled; say('finished'); });
    say('go!SIGTERM');
    setInterval(() => {}, 1000);
  `);
  expect(exit).toEqual({ code: null, signal: 'SIGTERM', lines: ['go!SIGTERM', 'cancelled', 'finished'] });
});

test('an application that listens too ends its process itself', async () => {
  const exit = await run(`
    const pool = new NbAioPool({ signals: 'finish' });
    let heard;
    const signalled = new Promise((resolve) => (heard = resolve));
    process.on('SIGTERM', async () => {
      say('application');
      heard();
      await pool.onIdle();
      say('idle');
      process.exit(7);
    });
    pool.run(async () => { await signalled; say('task'); });
    say('go!SIGTERM');
    setInterval(() => {}, 1000);
  `);
  expect(exit).toEqual({ code: 7, signal: null, lines: ['go!SIGTERM', 'application', 'task', 'idle'] });
});

test.each(['before', 'after'])(
  'so does one that listens once, %s the pool does: its listener is gone by then',
  async (when) => {
    const exit = await run(`
      const listen = () => process.once('SIGTERM', async () => {
        say('application');
        await pool.onIdle();
        await sleep(1);
        setImmediate(() => process.exit(7));
      });
      if ('${when}' === 'before') listen();
      const pool = new NbAioPool({ signals: 'finish' });
      if ('${when}' === 'after') listen();
      say('go!SIGTERM');
      setInterval(() => {}, 1000);
    `);
    expect(exit).toEqual({ code: 7, signal: null, lines: ['go!SIGTERM', 'application'] });
  },
);

test('the option does not hold the process, nor does a pool without it heed signals', async () => {
  const left = await run(`
    new NbAioPool({ signals: 'finish' }).run(() => say('ran'));
  `);
  expect(left).toEqual({ code: 0, signal: null, lines: ['ran'] });
  const unheeded = await run(`
    const pool = new NbAioPool();
    pool.run(async () => { say('go!SIGINT'); await sleep(100_000); });
  `);
  expect(unheeded).toEqual({ code: null, signal: 'SIGINT', lines: ['go!SIGINT'] });
});

test('after shutdown() a signal does what it does without the pool', async () => {
  const exit = await run(`
    const pool = new NbAioPool({ signals: 'finish' });
    await pool.shutdown();
    say('listeners ' + process.listenerCount('SIGINT'));
    say('go!SIGINT');
    await sleep(100_000);
  `);
  expect(exit).toEqual({ code: null, signal: 'SIGINT', lines: ['listeners 0', 'go!SIGINT'] });
});

test('after shutdown() inside a task a signal is heeded until that task has ended', async () => {
  const exit = await run(`
    const pool = new NbAioPool({ signals: 'finish' });
    pool.run(async () => {
      await pool.shutdown();
      const heard = new Promise((resolve) => process.prependOnceListener('SIGINT', resolve));
      say('go!SIGINT');
      await heard;
      say('listeners ' + process.listenerCount('SIGINT'));
      await sleep(1);
      say('finished');
    });
    setInterval(() => {}, 1000);
  `);
  expect(exit).toEqual({ code: null, signal: 'SIGINT', lines: ['go!SIGINT', 'listeners 1', 'finished'] });
});

test('a pool that is made while others end is ended too', async () => {
  const exit = await run(`
    const first = new NbAioPool({ signals: 'finish' });
    first.run(async () => {
      say('go!SIGTERM');
      while (!first.stats().closed) await sleep(1);
      const second = new NbAioPool({ signals: 'finish' });
      void second.run(async () => {
        await first.onIdle();
        while (!second.stats().closed) await sleep(1);
        say('second finished');
      });
      say('first finished');
    });
    setInterval(() => {}, 1000);
  `);
  expect(exit).toEqual({
    code: null,
    signal: 'SIGTERM',
    lines: ['go!SIGTERM', 'first finished', 'second finished'],
  });
});

test('what an earlier signal has begun does not end pools that are made after a second one', async () => {
  const exit = await run(`
    let open;
    const gate = new Promise((resolve) => (open = resolve));
    let heard = 0;
    process.on('SIGTERM', async () => {
      if (++heard === 1) return say('again!SIGTERM');
      await sleep(1);
      const second = new NbAioPool({ signals: 'finish' });
      open();
      await first.onIdle();
      await sleep(1);
      say('closed ' + second.stats().closed);
      process.exit(0);
    });
    const first = new NbAioPool({ signals: 'finish' });
    first.run(() => gate);
    say('go!SIGTERM');
    setInterval(() => {}, 1000);
  `);
  expect(exit).toEqual({ code: 0, signal: null, lines: ['go!SIGTERM', 'again!SIGTERM', 'closed false'] });
});

describe('listeners', () => {
  const counts = (): number[] => ['SIGINT', 'SIGTERM'].map((signal) => process.listenerCount(signal));
  const before = counts();

  test('are one pair for any number of pools, and stay until the last has drained', async () => {
    const gate = deferred();
    const pools = Array.from({ length: 20 }, () => new NbAioPool({ signals: 'finish' }));
    const one = before.map((count) => count + 1);
    expect(counts()).toEqual(one);
    await pools[0]!.submit(() => gate.promise);
    await Promise.all(pools.slice(1).map((pool) => pool.shutdown()));
    const last = pools[0]!.shutdown();
    expect(counts()).toEqual(one);
    gate.resolve();
    await last;
    expect(counts()).toEqual(before);
  });

  test.each([['drain'], [true], [null]])('signals: %p is refused', (signals) => {
    expect(() => new NbAioPool({ signals: signals as never })).toThrow(
      /'signals' must be 'finish' or 'cancel'/,
    );
    expect(counts()).toEqual(before);
  });
});
