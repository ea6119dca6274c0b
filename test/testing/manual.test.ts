import { describe, expect, test } from '@jest/globals';
import { NbAioPoolModule } from '../../lib/index.js';
import { until } from '../signals.js';
import { bench, closeAfterEach, failing, MailTasks, NOWHERE, ran, ReportTasks } from './kit.js';

closeAfterEach();

describe('manual mode', () => {
  test('a submit stores, and nothing runs until the drain', async () => {
    const { tasks, mail } = await bench();
    const sent = await mail.send.submit('ada', 'Hi');
    expect(ran).toEqual([]);
    expect(tasks.submitted(MailTasks, 'send')).toEqual([
      {
        id: sent.id,
        task: 'MailTasks.send',
        queue: 'mail',
        args: ['ada', 'Hi'],
        headers: {},
        state: 'ready',
        attempts: 0,
      },
    ]);
    expect(await tasks.drain()).toEqual({ done: 1, delayed: 0, dead: 0 });
    expect(ran).toEqual(['send ada 1']);
    expect(tasks.submitted(MailTasks, 'send')).toMatchObject([{ state: 'done', attempts: 1 }]);
    expect(await mail.send.getQueueSize()).toBe(0);
  });

  test('it works without init(), too', async () => {
    const { tasks, mail } = await bench({}, {}, false);
    await mail.send.submit('ada', 'Hi');
    await tasks.drain();
    expect(ran).toEqual(['send ada 1']);
  });

  test('a drain runs also what its tasks submit, in the order of submits, whatever the queue', async () => {
    const { tasks, mail, reports } = await bench();
    await reports.build.submit('ada');
    await mail.count.submit();
    await reports.build.submit('bob');
    await tasks.drain();
    expect(ran).toEqual([
      'build ada',
      'built ada',
      'count',
      'build bob',
      'built bob',
      'send ada 1',
      'send bob 1',
    ]);
  });

  test('a drain sees submits that were called and not awaited, also those of its tasks', async () => {
    const { tasks, mail } = await bench();
    void mail.send.submit('ada', 'Hi');
    void mail.send.submitMany([
      ['bob', 'Hi'],
      ['cid', 'Hi'],
    ]);
    MailTasks.within = async () => void mail.send.submit('dan', 'Hi');
    void mail.inside.submit();
    expect(await tasks.drain()).toEqual({ done: 5, delayed: 0, dead: 0 });
    expect(ran).toEqual(['send ada 1', 'send bob 1', 'send cid 1', 'send dan 1']);
    void mail.count.submit();
    expect(await tasks.runNext()).toMatchObject({ task: 'MailTasks.count' });
  });

  test('a submit that is refused meanwhile is no fault of the drain', async () => {
    const { tasks, mail } = await bench();
    const refused = mail.send.submit(1n as never, 'Hi').catch((error: unknown) => error);
    expect(await tasks.drain()).toEqual({ done: 0, delayed: 0, dead: 0 });
    expect(await refused).toMatchObject({ code: 'NB_PAYLOAD_UNSUPPORTED' });
  });

  test('a drain begins after the one that is under way, and reports its own', async () => {
    const { tasks, mail } = await bench();
    const order: string[] = [];
    await mail.slow.submit();
    const first = tasks.drain().then((report) => (order.push('first'), report));
    await until(() => tasks.submitted()[0]?.state === 'running');
    failing.add('ada');
    await mail.send.submit('ada', 'Hi');
    const second = tasks.drain().then((report) => (order.push('second'), report));
    expect(ran).toEqual([]);
    MailTasks.finish();
    const [one, two] = await Promise.all([first, second]);
    expect(order).toEqual(['first', 'second']);
    // All that was there before its end is the first one's.
    expect([one, two]).toEqual([
      { done: 1, delayed: 1, dead: 0 },
      { done: 0, delayed: 0, dead: 0 },
    ]);
  });

  test('runNext runs one call, and answers how it went', async () => {
    const { tasks, mail } = await bench();
    await mail.send.submitMany([
      ['ada', 'Hi'],
      ['bob', 'Hi'],
    ]);
    expect(await tasks.runNext()).toMatchObject({ args: ['ada', 'Hi'], state: 'done' });
    expect(ran).toEqual(['send ada 1']);
    expect(await tasks.runNext()).toMatchObject({ args: ['bob', 'Hi'], state: 'done' });
    expect(await tasks.runNext()).toBeUndefined();
  });

  test('two of them at once run two calls side by side', async () => {
    const { tasks, mail, reports } = await bench();
    await mail.slow.submit();
    await mail.count.submit();
    await reports.build.submit('ada');
    const three = [tasks.runNext(), tasks.runNext(), tasks.runNext()];
    expect(await Promise.all(three.slice(1))).toMatchObject([
      { task: 'MailTasks.count' },
      { task: 'ReportTasks.build' },
    ]);
    expect(tasks.submitted(MailTasks, 'slow')).toMatchObject([{ state: 'running', attempts: 1 }]);
    MailTasks.finish();
    expect(await three[0]).toMatchObject({ task: 'MailTasks.slow', state: 'done' });
  });

  test('a failed run comes back when the clock has moved by its backoff, and not before', async () => {
    const { tasks, mail } = await bench();
    failing.add('ada');
    await mail.send.submit('ada', 'Hi');
    expect(await tasks.drain()).toEqual({ done: 0, delayed: 1, dead: 0 });
    expect(tasks.submitted(MailTasks, 'send')).toMatchObject([
      { state: 'delayed', dueIn: 1_000, attempts: 1, error: new Error('no such address: ada') },
    ]);
    await tasks.clock.advance(999);
    expect(await tasks.drain()).toEqual({ done: 0, delayed: 0, dead: 0 });
    await tasks.clock.advance(1);
    expect(await tasks.drain()).toMatchObject({ delayed: 1 });
    // Exponential: two seconds now.
    await tasks.clock.advance(1_999);
    expect(await tasks.runNext()).toBeUndefined();
    await tasks.clock.advance(1);
    expect(await tasks.runNext()).toMatchObject({ state: 'dead', attempts: 3 });
    expect(ran).toEqual(['send ada 1', 'send ada 2', 'send ada 3']);
    expect(await mail.send.listDead()).toMatchObject([{ record: { reason: 'failed', attempts: 3 } }]);
  });

  test('a call that succeeds later has no error any more', async () => {
    const { tasks, mail } = await bench();
    failing.add('ada');
    await mail.send.submit('ada', 'Hi');
    await tasks.drain();
    failing.clear();
    await tasks.clock.advance(1_000);
    await tasks.drain();
    const [call] = tasks.submitted(MailTasks, 'send');
    expect(call).toMatchObject({ state: 'done', attempts: 2 });
    expect(call).not.toHaveProperty('error');
  });

  test('clearQueue and clear', async () => {
    const { tasks, mail } = await bench();
    await mail.send.submit('ada', 'Hi');
    expect(await mail.send.clearQueue()).toBe(1);
    expect(tasks.submitted(MailTasks)).toMatchObject([{ state: 'cleared' }]);
    await mail.send.submit('bob', 'Hi');
    await tasks.clear();
    expect(tasks.submitted()).toEqual([]);
    expect(await mail.send.getQueueSize()).toBe(0);
    await tasks.drain();
    expect(ran).toEqual([]);
  });

  test('consume: false changes nothing: the test says what runs', async () => {
    const imports = [NbAioPoolModule.forRoot({ redis: NOWHERE, consume: false })];
    const { tasks, mail } = await bench({}, { imports });
    await mail.send.submit('ada', 'Hi');
    expect(await tasks.drain()).toMatchObject({ done: 1 });
  });

  test('calls of a task that no provider has are named, after all others ran', async () => {
    const { tasks, mail, reports } = await bench({}, { providers: [MailTasks] });
    await reports.build.submit('ada');
    await reports.build.submit('bob');
    await mail.count.submit();
    await expect(tasks.drain()).rejects.toMatchObject({
      code: 'NB_TEST_TASK_ABSENT',
      message: expect.stringMatching(/2 calls of ReportTasks\.build \(queue 'reports'\) can't run/),
    });
    expect(ran).toEqual(['count']);
    expect(await tasks.drain({ absent: 'leave' })).toEqual({ done: 0, delayed: 0, dead: 0 });
    await expect(tasks.runNext()).rejects.toMatchObject({ code: 'NB_TEST_TASK_ABSENT' });
    await expect(reports.build.run('eve')).rejects.toMatchObject({ code: 'NB_TEST_TASK_ABSENT' });
    expect(tasks.submitted(ReportTasks).map(({ state }) => state)).toEqual(['ready', 'ready', 'ready']);
  });
});
