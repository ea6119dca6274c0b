import { NbError } from '../errors.js';

/** Redis could not be reached in time. The message names host and port, never a password. */
export class BrokerUnreachableError extends NbError {
  readonly code = 'NB_BROKER_UNREACHABLE';
}

/** The server, or the way it was given, can't be used: too old, or an ioredis instance with a `keyPrefix`. */
export class BrokerUnsupportedError extends NbError {
  readonly code = 'NB_BROKER_UNSUPPORTED';
}

/** The broker refused a call and applied nothing of it: out of memory, read-only, a missing permission. See `cause`. */
export class BrokerRefusedError extends NbError {
  readonly code = 'NB_BROKER_REFUSED';
}

/** The broker was closed before the call was answered. */
export class BrokerClosedError extends NbError {
  readonly code = 'NB_BROKER_CLOSED';
}

/** Too much waits to be sent because the broker is away; this submit was not stored. */
export class SubmitTimeoutError extends NbError {
  readonly code = 'NB_SUBMIT_TIMEOUT';
}

/** The call was sent, but no answer came: it may or may not have been stored. */
export class SubmitUnknownError extends NbError {
  readonly code = 'NB_SUBMIT_UNKNOWN';
}

/** The codec can't carry a value faithfully. The message names the place and the kind, never the value. */
export class PayloadUnsupportedError extends NbError {
  readonly code = 'NB_PAYLOAD_UNSUPPORTED';
}

/** The encoded arguments (or the result) are larger than `maxPayloadBytes`. */
export class PayloadTooLargeError extends NbError {
  readonly code = 'NB_PAYLOAD_TOO_LARGE';
}

/** `result()` was called on a message that was submitted without asking for its result. */
export class NoResultError extends NbError {
  readonly code = 'NB_NO_RESULT';
}

/** The result did not come within the time limit. The task goes on. */
export class ResultTimeoutError extends NbError {
  readonly code = 'NB_RESULT_TIMEOUT';
}

/** The task failed for good in the process that ran it. `cause` is its error: class name, message and stack. */
export class TaskFailedError extends NbError {
  readonly code = 'NB_TASK_FAILED';
}

/** The message was removed by `clearQueue` before it ran. */
export class MessageClearedError extends NbError {
  readonly code = 'NB_MESSAGE_CLEARED';
}

/** The signal's reason of a task whose lease was given to another consumer: what it still does is done twice. */
export class LeaseLostError extends NbError {
  readonly code = 'NB_LEASE_LOST';
}

/** The signal's reason of a task that did not end within the grace period of a stop. It will be delivered again. */
export class ConsumerStoppedError extends NbError {
  readonly code = 'NB_CONSUMER_STOPPED';
}

/** Two tasks can't share this queue: their options disagree, or their names are the same. */
export class TaskConflictError extends NbError {
  readonly code = 'NB_TASK_CONFLICT';
}
