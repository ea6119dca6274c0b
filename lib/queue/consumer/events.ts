import type { DeadReason } from '../broker.js';
import { recordError, type ErrorRecord } from '../result.js';

/** What a consumer has to say. It never carries a payload. */
export type ConsumerEvent =
  /** A run failed and will be repeated in `delay` ms. */
  | {
      readonly type: 'task-failed';
      readonly queue: string;
      readonly task: string;
      readonly id: string;
      readonly attempt: number;
      readonly delay: number;
      readonly error: unknown;
    }
  /** A message failed for good. */
  | {
      readonly type: 'task-dead';
      readonly queue: string;
      readonly task: string;
      readonly id: string;
      readonly reason: DeadReason;
      readonly error?: unknown;
    }
  /** A message of a task, version or codec that this process does not know was given back. Said once for each task. */
  | { readonly type: 'task-unknown'; readonly queue: string; readonly task: string; readonly id: string }
  /** The lease was lost: what ran is given to others, its signals are aborted, its outcomes are dropped. */
  | { readonly type: 'lease-lost'; readonly queue: string; readonly running: number }
  /** The limit of dead messages was reached, and the oldest were dropped. */
  | { readonly type: 'dead-dropped'; readonly queue: string; readonly count: number }
  /** The broker refused a call, or works again after it did. */
  | { readonly type: 'broker-failing'; readonly queue: string; readonly error: unknown }
  | { readonly type: 'broker-recovered'; readonly queue: string; readonly failures: number }
  /** Tasks did not end within the grace period; their messages were given back. */
  | { readonly type: 'stop-overdue'; readonly queue: string; readonly running: number };

/** Hears the events of a consumer. What it throws becomes a process warning. */
export type OnConsumerEvent = (event: ConsumerEvent) => void;

/** One line for a log: what happened and where, without stack and payload. */
export function describeEvent(event: ConsumerEvent): string {
  const at = `queue '${event.queue}'`;
  switch (event.type) {
    case 'task-failed':
      return `Task '${event.task}' on ${at} failed in run ${event.attempt} of message ${event.id}, and runs again in ${event.delay} ms: ${text(event.error)}`;
    case 'task-dead':
      return `Task '${event.task}' on ${at}: message ${event.id} is dead (${event.reason})${event.error === undefined ? '' : `: ${text(event.error)}`}`;
    case 'task-unknown':
      return `Task '${event.task}' on ${at} is not known in this process (or its version or codec is not): message ${event.id} was given back, and more like it will be`;
    case 'lease-lost':
      return `The lease on ${at} was lost: ${event.running} running tasks are given to other consumers, and their outcomes here are dropped`;
    case 'dead-dropped':
      return `Too many dead messages on ${at}: the oldest ${event.count} were dropped`;
    case 'broker-failing':
      return `The broker refuses calls for ${at}; trying again: ${text(event.error)}`;
    case 'broker-recovered':
      return `The broker serves ${at} again, after ${event.failures} refused calls`;
    case 'stop-overdue':
      return `Stopped consuming ${at} though ${event.running} tasks still run: their messages were given back`;
  }
}

function text(error: unknown): string {
  const { name, message } = isRecord(error) ? error : recordError(error);
  return `${name}: ${message}`;
}

/** What a dead letter keeps of an error that was never thrown here. */
function isRecord(error: unknown): error is ErrorRecord {
  return (
    typeof error === 'object' &&
    error !== null &&
    Object.getPrototypeOf(error) === Object.prototype &&
    'message' in error
  );
}
