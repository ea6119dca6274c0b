import type { Envelope } from '../queue/envelope.js';
import { jsonCodec } from '../queue/index.js';
import { readArgs } from '../queue/payload.js';
import type { CallRecord } from './call-record.js';
import { taskOf, type DefaultsOf, type KnownTask } from './known-tasks.js';
import type { SubmittedCall } from './submitted-call.js';

/** A call as the test sees it, at this moment. @param known its task, where it was looked up already. */
export function describeCall(
  record: CallRecord,
  now: number,
  defaultsOf: DefaultsOf,
  known: KnownTask | undefined = taskOf(record, defaultsOf),
): SubmittedCall {
  const { id, queue, attempts, error } = record;
  const envelope = record.envelope as Envelope;
  const state = record.state(now);
  return {
    id,
    task: known?.description ?? record.task,
    queue,
    args: readArgs(known?.codec ?? jsonCodec, envelope),
    headers: { ...envelope.headers },
    state,
    attempts,
    ...(state === 'delayed' ? { dueIn: record.dueAt - now } : {}),
    ...(error === undefined ? {} : { error }),
  };
}
