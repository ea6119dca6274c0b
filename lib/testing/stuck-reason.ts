import { recordError } from '../queue/result.js';
import type { CallRecord } from './call-record.js';
import { TestTaskStuckError } from './errors.js';

/** Why nobody will ever have the result of a call; undefined while its task runs. */
export function stuckReason(
  id: string,
  record: CallRecord | undefined,
  now: number,
): TestTaskStuckError | undefined {
  const why = reasonOf(record, now);
  if (why === undefined) return undefined;
  const which = record ? `task '${record.task}' on queue '${record.queue}' (message ${id})` : `message ${id}`;
  return new TestTaskStuckError(`The result of ${which} is waited for, but ${why}.`);
}

function reasonOf(record: CallRecord | undefined, now: number): string | undefined {
  if (!record) return 'it was not submitted to this application, or was cleared';
  switch (record.state(now)) {
    case 'running':
      return undefined;
    case 'ready':
      return (
        'nothing runs it (or its queue is paused): start run() without await, then await tasks.drain(), ' +
        'then await what run() answered'
      );
    case 'delayed':
      return delayed(record, now);
    case 'done':
    case 'dead':
    case 'cleared':
      return 'it has ended, and its result is not kept (any more)';
  }
}

function delayed({ attempts, dueAt, error }: CallRecord, now: number): string {
  const { name, message } = recordError(error);
  return (
    `its run ${attempts} failed with ${name}: ${message}; the next one is due in ${dueAt - now} ms of tasks.clock: ` +
    'start run() without await, then await tasks.clock.advance(...), and tasks.drain() in manual mode'
  );
}
