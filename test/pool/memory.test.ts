import { execFileSync } from 'node:child_process';
import { expect, test } from '@jest/globals';

const pool = new URL('../../dist/pool/index.js', import.meta.url).href;

// In a process of its own: what Jest keeps alive is its own affair.
test.each([true, false])('the value of the last task is not kept (context: %p)', (context) => {
  const script = `
    import { setTimeout } from 'node:timers/promises';
    import { NbAioPool } from ${JSON.stringify(pool)};
    const pool = new NbAioPool({ context: ${context} });
    const values = [];
    const ask = async (how) => {
      const value = { how };
      values.push(new WeakRef(value));
      await how(() => value);
    };
    await ask((task) => pool.run(task));
    await ask((task) => pool.run(async () => task()));
    await ask(async (task) => (await pool.submit(async () => task())).result());
    await ask((task) => pool.batchRun([task]));
    await ask((task) => pool.run(() => Promise.reject(task())).catch(() => {}));
    for (let turns = 0; turns < 10; turns++) {
      await setTimeout(1);
      gc();
    }
    console.log(values.filter((each) => each.deref() !== undefined).length);
  `;
  const args = ['--expose-gc', '--input-type=module', '-e', script];
  expect(execFileSync(process.execPath, args, { encoding: 'utf8' }).trim()).toBe('0');
});

test('an aborted signal that lives on keeps nothing of what it ended', () => {
  const script = `
    import { setTimeout } from 'node:timers/promises';
    import { RateLimiter } from ${JSON.stringify(new URL('../../dist/flow/index.js', import.meta.url).href)};
    const limiter = new RateLimiter({ maxPerSecond: 0.001 });
    await limiter.take();
    const controller = new AbortController();
    const waits = [];
    const wait = () => {
      const promise = limiter.take(controller.signal);
      promise.catch(() => {});
      waits.push(new WeakRef(promise));
    };
    for (let i = 0; i < 10; i++) wait();
    controller.abort();
    for (let turns = 0; turns < 10; turns++) {
      await setTimeout(1);
      gc();
    }
    console.log(waits.filter((each) => each.deref() !== undefined).length, controller.signal.aborted);
  `;
  const args = ['--expose-gc', '--input-type=module', '-e', script];
  expect(execFileSync(process.execPath, args, { encoding: 'utf8' }).trim()).toBe('0 true');
});
