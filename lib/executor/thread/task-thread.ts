// The entry of a task thread: imports the user's module, then runs calls of its functions until told to end.
import { receiveMessageOnPort, workerData } from 'node:worker_threads';
import type { ThreadData, ToThread } from '../wire/messages.js';
import { Progress } from '../wire/progress.js';
import { Calls, type Loaded } from './calls.js';
import { Linger } from './linger.js';
import { printSynchronously } from './synchronous-output.js';

const data = workerData as ThreadData;
const { port } = data;
const progress = new Progress(data.progress);

printSynchronously();
const calls = new Calls(data, await load(data.modules.at(-1)!), (blocked) => linger.answered(blocked));
const linger = new Linger({
  idle: () => calls.open === 0,
  more: () => progress.moreCalls(calls.taken),
  takeNext,
});
progress.nowLoaded();
port.on('message', (message: ToThread) => {
  linger.refreshed();
  take(message);
});
port.on('messageerror', (error) => calls.takeUnreadable(error));

async function load(module: string): Promise<Loaded> {
  try {
    return { exports: (await import(module)) as Record<string, unknown> };
  } catch (thrown) {
    return { thrown };
  }
}

function take(message: ToThread): void {
  if (message !== 'end') return calls.take(message);
  progress.nowLeaving();
  // Not by closing the port: whatever the module keeps open must not hold the thread, and its 'exit' listeners run.
  process.exit(0);
}

function takeNext(): void {
  let received: { message: ToThread } | undefined;
  try {
    received = receiveMessageOnPort(port);
  } catch (error) {
    return calls.takeUnreadable(error);
  }
  if (received !== undefined) take(received.message);
}
