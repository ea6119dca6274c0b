/* oxlint-disable typescript/no-floating-promises -- node:test waits for its tests by itself */
import { deepEqual, equal, match } from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Test } from '@nestjs/testing';
import { getTasksToken, type Tasks } from 'nestjs-nb-aiopool';
import { testTasks, type TestTasks } from 'nestjs-nb-aiopool/testing';
import { AppModule } from './app.module.js';
import { MailTasks } from './mail.tasks.js';
import { Mailer } from './mailer.js';
import { SignUpTasks } from './sign-up.tasks.js';
import { startApp, type StartedApp } from './start-app.js';

/** Keeps the mails, and refuses them while it is told to. */
class Outbox {
  readonly mails: string[] = [];
  isAway = false;

  async send(to: string, text: string): Promise<void> {
    if (this.isAway) throw new Error('the mail server is away');
    this.mails.push(`${to}: ${text}`);
  }
}

const ADA = { email: 'ada@example.org', name: 'Ada' };

describe('the whole application, with tasks run by hand', () => {
  let tasks: TestTasks;
  let outbox: Outbox;
  let app: StartedApp;

  beforeEach(async () => {
    tasks = testTasks();
    outbox = new Outbox();
    // One call: AppModule keeps its forRoot(), but nothing connects to Redis.
    const builder = tasks.override(Test.createTestingModule({ imports: [AppModule] }));
    app = await startApp(await builder.overrideProvider(Mailer).useValue(outbox).compile());
  });

  afterEach(() => app.close());

  it('stores a sign-up, and runs nothing yet', async () => {
    const { id } = await app.post('/sign-ups', ADA);
    const calls = tasks.submitted(SignUpTasks, 'complete');
    // Typed: args is [email: string, name: string].
    deepEqual(
      calls.map(({ args }) => args),
      [[ADA.email, ADA.name]],
    );
    equal(calls[0]?.id, id);
    deepEqual(tasks.submitted(MailTasks, 'welcome'), []);
  });

  it('welcomes a new member once', async () => {
    await app.post('/sign-ups', ADA);
    await app.post('/sign-ups', ADA);
    deepEqual(await tasks.drain(), { done: 3, delayed: 0, dead: 0 });
    deepEqual(outbox.mails, ['ada@example.org: Welcome, Ada!']);
  });

  it('shows what happens between two tasks', async () => {
    await app.post('/sign-ups', ADA);
    equal((await tasks.runNext())?.task, 'SignUpTasks.complete');
    equal(tasks.submitted(MailTasks, 'welcome')[0]?.state, 'ready');
    deepEqual(outbox.mails, []);
  });

  it('tries again a minute later, without the minute', async () => {
    outbox.isAway = true;
    await app.post('/sign-ups', ADA);
    await tasks.drain();
    const [failed] = tasks.submitted(MailTasks, 'welcome');
    equal(failed?.dueIn, 60_000);
    match(String(failed?.error), /the mail server is away/);

    outbox.isAway = false;
    await tasks.clock.advance(59_999);
    await tasks.drain();
    deepEqual(outbox.mails, []);
    await tasks.clock.advance(1);
    await tasks.drain();
    deepEqual(outbox.mails, ['ada@example.org: Welcome, Ada!']);
  });

  it('gives up after the third run', async () => {
    outbox.isAway = true;
    await app.post('/sign-ups', ADA);
    await tasks.drain();
    await tasks.clock.advance(60_000);
    await tasks.drain();
    await tasks.clock.advance(120_000);
    deepEqual(await tasks.drain(), { done: 0, delayed: 0, dead: 1 });
    equal(tasks.submitted(MailTasks, 'welcome')[0]?.attempts, 3);
  });
});

describe('a part of it, with tasks run at once', () => {
  it('a submit resolves when everything has run that it led to', async () => {
    const tasks = testTasks({ mode: 'inline' });
    const outbox = new Outbox();
    const builder = tasks.override(Test.createTestingModule({ imports: [AppModule] }));
    // No HTTP, and no init(): compile() is enough.
    const module = await builder.overrideProvider(Mailer).useValue(outbox).compile();
    const signUps = module.get<Tasks<SignUpTasks>>(getTasksToken(SignUpTasks));
    equal(await signUps.complete.run(ADA.email, ADA.name), 1);
    deepEqual(outbox.mails, ['ada@example.org: Welcome, Ada!']);
    await module.close();
  });
});
