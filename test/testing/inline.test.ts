import { describe, expect, test } from '@jest/globals';
import { AioTask, getTasksToken, type Tasks } from '../../lib/index.js';
import { until } from '../signals.js';
import { bench, closeAfterEach, failing, MailTasks, ran, ReportTasks } from './kit.js';

closeAfterEach();

describe('inline mode', () => {
  test('a submit resolves when its task has run, and what that submitted has', async () => {
    const { tasks, reports } = await bench({ mode: 'inline' });
    await reports.build.submit('ada');
    expect(ran).toEqual(['build ada', 'send ada 1', 'built ada']);
    expect(tasks.submitted().map(({ task, state }) => `${task} ${state}`)).toEqual([
      'ReportTasks.build done',
      'MailTasks.send done',
    ]);
  });

  test('run answers the value, also within a task', async () => {
    const { mail, reports } = await bench({ mode: 'inline' });
    expect(await mail.send.run('ada', 'Hi', 2)).toBe('Hi to ada 2 times');
    expect(await reports.deliver.run('ada')).toBe('delivered: Your report to ada');
  });

  test('submitMany runs them in their order', async () => {
    const { mail } = await bench({ mode: 'inline' });
    await mail.send.submitMany([
      ['ada', 'Hi'],
      ['bob', 'Hi'],
    ]);
    expect(ran).toEqual(['send ada 1', 'send bob 1']);
  });

  test('concurrent submits all resolve', async () => {
    const { tasks, mail } = await bench({ mode: 'inline' });
    await Promise.all(Array.from({ length: 20 }, (_, i) => mail.send.submit(`${i}`, 'Hi')));
    expect(tasks.submitted(MailTasks).every(({ state }) => state === 'done')).toBe(true);
    expect(ran).toHaveLength(20);
  });

  test('a submit does not fail with its task; moving the clock runs it again, each time when it is due', async () => {
    const { tasks, mail } = await bench({ mode: 'inline' });
    failing.add('ada');
    await mail.send.submit('ada', 'Hi');
    expect(tasks.submitted(MailTasks)).toMatchObject([{ state: 'delayed', attempts: 1, dueIn: 1_000 }]);
    await tasks.clock.advance(1_500);
    expect(tasks.submitted(MailTasks)).toMatchObject([{ state: 'delayed', attempts: 2, dueIn: 1_500 }]);
    await tasks.clock.advance(60_000);
    expect(tasks.submitted(MailTasks)).toMatchObject([{ state: 'dead', attempts: 3 }]);
  });

  test('calls of a task that no provider has stay ready: others may run them', async () => {
    const { tasks, mail, reports } = await bench({ mode: 'inline' }, { providers: [ReportTasks] });
    await reports.build.submit('ada');
    expect(tasks.submitted().map(({ task, state }) => `${task} ${state}`)).toEqual([
      'ReportTasks.build done',
      'MailTasks.send ready',
    ]);
    await expect(mail.count.run()).rejects.toMatchObject({ code: 'NB_TEST_TASK_ABSENT' });
  });

  test('two classes on one queue, of which only one is here', async () => {
    class OtherTasks {
      @AioTask('mail')
      async other(): Promise<void> {}
    }
    const { app, tasks, mail } = await bench({ mode: 'inline' });
    const others = app.get<Tasks<OtherTasks>>(getTasksToken(OtherTasks));
    await others.other.submit();
    await mail.count.submit();
    expect(tasks.submitted('mail').map(({ task, state }) => `${task} ${state}`)).toEqual([
      'OtherTasks.other ready',
      'MailTasks.count done',
    ]);
    expect(await mail.count.getQueueSize()).toBe(1);
  });

  test('run fails with the task, once the clock has moved past its retries', async () => {
    const { tasks, mail } = await bench({ mode: 'inline' });
    failing.add('ada');
    const running = mail.send.run('ada', 'Hi').catch((error: unknown) => error);
    await until(() => tasks.submitted(MailTasks)[0]?.state === 'delayed');
    await tasks.clock.advance(3_000);
    expect(await running).toMatchObject({
      code: 'NB_TASK_FAILED',
      cause: { message: 'no such address: ada' },
    });
  });
});
