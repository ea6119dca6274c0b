import { describe, expect, jest, test } from '@jest/globals';
import { CallRecord } from '../../lib/testing/call-record.js';
import { until } from '../signals.js';
import { bench, closeAfterEach, failing, MailTasks, ran } from './kit.js';

closeAfterEach();

/** So short that the tests of what never comes are quick. */
const patience = 20;

describe('run() in manual mode', () => {
  test('waits for the drain', async () => {
    const { tasks, mail } = await bench();
    const running = mail.send.run('ada', 'Hi');
    await until(() => tasks.submitted().length === 1);
    expect(ran).toEqual([]);
    await tasks.drain();
    expect(await running).toBe('Hi to ada');
  });

  test('within a task runs what it waits for, and what is before that in its queue', async () => {
    const { tasks, mail, reports } = await bench();
    const delivered = reports.deliver.run('ada');
    await mail.count.submit();
    await tasks.drain();
    expect(await delivered).toBe('delivered: Your report to ada');
    expect(ran).toEqual(['count', 'send ada 1']);
  });

  test('without a drain it rejects and says what to write', async () => {
    const { mail } = await bench({ patience });
    await expect(mail.send.run('ada', 'Hi')).rejects.toMatchObject({
      code: 'NB_TEST_TASK_STUCK',
      message: expect.stringMatching(/task 'send' on queue 'mail'.*await tasks\.drain\(\)/),
    });
  });

  test('of a call that failed and waits for the clock, too, with its error', async () => {
    const { tasks, mail } = await bench({ mode: 'inline', patience });
    failing.add('ada');
    await expect(mail.send.run('ada', 'Hi')).rejects.toMatchObject({
      code: 'NB_TEST_TASK_STUCK',
      message: expect.stringMatching(
        /run 1 failed with Error: no such address: ada; the next one is due in 1000 ms/,
      ),
    });
    expect(tasks.submitted(MailTasks)).toMatchObject([{ state: 'delayed' }]);
  });

  test('a task that waits for one that waits for the clock fails, and the drain ends', async () => {
    const { tasks, reports } = await bench({ patience });
    failing.add('ada');
    await reports.deliver.submit('ada');
    expect(await tasks.drain()).toEqual({ done: 0, delayed: 1, dead: 1 });
    const [deliver] = tasks.submitted('reports');
    expect(deliver?.error).toMatchObject({ code: 'NB_TEST_TASK_STUCK' });
  });

  test('a call that takes long is not taken for one that is stuck', async () => {
    const { tasks, mail } = await bench({ patience: 5 });
    const looked = jest.spyOn(CallRecord.prototype, 'state');
    const running = mail.slow.run();
    await until(() => tasks.submitted().length === 1);
    const draining = tasks.drain();
    await until(() => tasks.submitted()[0]?.state === 'running');
    looked.mockClear();
    // Nothing else looks meanwhile: its patience has ended several times.
    await until(() => looked.mock.calls.length >= 6);
    looked.mockRestore();
    MailTasks.finish();
    await draining;
    expect(await running).toBe('slow');
  });

  test('result() of a message that was never submitted here', async () => {
    const { mail } = await bench({ patience });
    await expect(mail.send.result('0'.repeat(22))).rejects.toThrow(/was not submitted to this application/);
  });

  test('a result is kept as long as the clock says', async () => {
    const { tasks, mail } = await bench({ mode: 'inline', patience });
    const sent = await mail.send.with({ result: 5_000 }).submit('ada', 'Hi');
    await tasks.clock.advance(4_999);
    expect(await sent.result()).toBe('Hi to ada');
    await tasks.clock.advance(1);
    await expect(sent.result()).rejects.toThrow(/its result is not kept \(any more\)/);
  });
});

describe('what never ends', () => {
  test('a task that submits itself ends a drain', async () => {
    const { tasks, mail } = await bench();
    await mail.again.submit();
    await expect(tasks.drain()).rejects.toMatchObject({
      code: 'NB_TEST_TASKS',
      message: expect.stringMatching(/does a task submit itself/),
    });
  });

  test('a long chain that ends: maxGenerations is how many calls in a row', async () => {
    const chain = async (maxGenerations?: number) => {
      const { tasks, mail } = await bench();
      let left = 1_100;
      MailTasks.within = async () => {
        if (--left > 0) await mail.inside.submit();
      };
      await mail.inside.submit();
      return tasks.drain(maxGenerations === undefined ? {} : { maxGenerations });
    };
    expect(await chain(1_100)).toEqual({ done: 1_100, delayed: 0, dead: 0 });
    await expect(chain(1_099)).rejects.toThrow(
      /1099 times in a row.* give drain\(\) a larger maxGenerations/,
    );
    await expect(chain()).rejects.toThrow(/1000 times in a row/);
    await expect(chain(0)).rejects.toMatchObject({ code: 'NB_OPTION_INVALID' });
  });

  test('and fails in inline mode', async () => {
    const { tasks, mail } = await bench({ mode: 'inline' });
    await mail.again.submit();
    const errors = tasks.submitted(MailTasks, 'again').filter(({ error }) => error !== undefined);
    expect(errors).toHaveLength(1);
    expect(errors[0]?.error).toMatchObject({ message: expect.stringMatching(/within 100 other calls/) });
  });

  test('a drain within a task is refused, and so is runNext', async () => {
    const { tasks, mail } = await bench();
    MailTasks.within = async () => {
      await expect(tasks.drain()).rejects.toThrow(/drain\(\) was called within a task/);
      await expect(tasks.runNext()).rejects.toThrow(/runNext\(\) was called within a task/);
    };
    await mail.inside.submit();
    expect(await tasks.drain()).toEqual({ done: 1, delayed: 0, dead: 0 });
  });
});
