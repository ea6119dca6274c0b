import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A test of a user's, as plain JavaScript, on the built package. It closes nothing. */
const script = `
  import 'reflect-metadata';
  import { Socket } from 'node:net';
  import { Test } from '@nestjs/testing';
  import { AioTask, getTasksToken, NbAioPoolModule } from './dist/index.js';
  import { testTasks } from './dist/testing/index.js';

  let connections = 0;
  const { connect } = Socket.prototype;
  Socket.prototype.connect = function (...args) {
    connections++;
    return connect.apply(this, args);
  };
  class MailTasks {
    async send(to) { console.log('sent to ' + to); }
  }
  const { prototype } = MailTasks;
  AioTask('mail')(prototype, 'send', Object.getOwnPropertyDescriptor(prototype, 'send'));

  const tasks = testTasks();
  const imports = [NbAioPoolModule.forRoot({ redis: 'redis://127.0.0.1:1' })];
  const app = await tasks.override(Test.createTestingModule({ imports, providers: [MailTasks] })).compile();
  await app.init();
  const mail = app.get(getTasksToken(MailTasks));
  const running = mail.send.with({ result: 60_000 }).run('ada');
  await tasks.clock.advance(0);
  await mail.send.submit('bob');
  await tasks.drain();
  await running;
  console.log(connections + ' connections; open: ' + process.getActiveResourcesInfo().filter((each) => !/Pipe|TTY|File/.test(each)));
`;

test('no connection is made, and nothing is left that keeps the process alive, closed or not', async () => {
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '-e', script],
    { cwd: root, timeout: 20_000 },
  );
  expect({ stdout, stderr }).toEqual({
    stdout: 'sent to ada\nsent to bob\n0 connections; open: \n',
    stderr: '',
  });
});
