import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { aioTask } from '../../lib/standalone/index.js';
import { startRedis, type RedisServer } from '../redis-server.js';
import { compilePrograms, type Programs } from './processes.js';

const TIME = expect.stringMatching(/^TIME: [\d.]+$/);

describe('an event loop in another thread', () => {
  let programs: Programs;
  beforeAll(async () => {
    const modules = ['work', 'block', 'loop'];
    const mains = ['more-work', 'coroutines', 'two-in-loop', 'errors'];
    programs = await compilePrograms('threads', [...modules, ...mains]);
  });
  afterAll(() => programs.remove());

  test('functions that block run one after the other, and do not hold up this thread', async () => {
    const { code, lines, stderr } = await programs.run('more-work', 20).ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(lines[0]).toEqual(TIME);
    const goesOn = 'This thread goes on.';
    expect(lines.slice(1).filter((line) => line !== goesOn)).toEqual([
      'More work 6',
      'Finished more work 6',
      'More work 3',
      'Finished more work 3',
    ]);
    expect(lines.indexOf(goesOn)).toBeLessThan(lines.indexOf('Finished more work 6'));
  });

  test.each([
    ['the guide', 'coroutines', TIME, 'Waiting'],
    ["async_pool_executor's page", 'two-in-loop', expect.stringMatching(/^start loop [\d.]+$/), 'start'],
  ])('doSomeWork of 6 s and of 4 s, in one loop: %s', async (_, program, first, verb) => {
    const { code, lines, stderr } = await programs.run(program, 10).ended;
    expect({ code, lines, stderr }).toEqual({
      code: 0,
      lines: [first, `${verb} 6`, `${verb} 4`, 'Done after 4s', 'Done after 6s'],
      stderr: '',
    });
  });

  test('its errors reach this thread', async () => {
    const { code, lines, stderr } = await programs.run('errors', 1).ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(lines).toEqual([
      expect.stringMatching(/^caught: TypeError: .*URL/),
      expect.stringMatching(/^awaited: TypeError: .*URL/),
      expect.stringMatching(/^fetchText failed: TypeError: .*URL/),
    ]);
  });
});

describe('Ctrl+C', () => {
  let programs: Programs;
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
    programs = await compilePrograms('stopping', ['cancel-each', 'cancel-all', 'consumer']);
  });
  afterAll(async () => {
    await server.stop();
    await programs.remove();
  });

  // A hundredth of the speed: what is cancelled would otherwise end in minutes.
  const SLOW = 0.01;

  test('each task cancelled by hand', async () => {
    const program = programs.run('cancel-each', SLOW);
    await program.prints('Waiting', 3);
    program.kill('SIGINT');
    const running = "PoolFuture { state: 'running' }";
    expect(await program.ended).toEqual({
      code: 0,
      signal: null,
      lines: [
        'Waiting: 1',
        'Waiting: 2',
        'Waiting: 2',
        '[',
        `  ${running},`,
        `  ${running},`,
        `  ${running}`,
        ']',
        'true',
        'true',
        'true',
        TIME,
      ],
      stderr: '',
    });
  });

  test('all of them by the pool', async () => {
    const program = programs.run('cancel-all', SLOW);
    await program.prints('Waiting', 3);
    program.kill('SIGINT');
    expect(await program.ended).toEqual({
      code: null,
      signal: 'SIGINT',
      lines: ['Waiting: 1', 'Waiting: 2', 'Waiting: 2', 'rejected', 'rejected', 'rejected'],
      stderr: '',
    });
  });

  describe('of a consumer', () => {
    const submit = () =>
      aioTask({ queue: 'queue', name: 'default', redis: server.url }, async (_x: number) => {});
    let task = undefined as ReturnType<typeof submit> | undefined;
    afterEach(() => task?.close());

    test('lets the running task finish, and leaves the rest in the queue', async () => {
      task = submit();
      await task.submitMany([[5], [1], [1]]);
      const program = programs.run('consumer', 10, { REDIS_URL: server.url });
      await program.prints('Waiting 5');
      program.kill('SIGINT');
      expect(await program.ended).toEqual({
        code: 0,
        signal: null,
        lines: ['Waiting 5', 'Done 5', 'stopped'],
        stderr: '',
      });
      expect(await task.getQueueSize()).toBe(2);
    });
  });
});
