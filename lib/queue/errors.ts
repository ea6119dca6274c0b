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

/** The call was sent, but no answer came, or it reached Redis 12 hours late: it may or may not have been stored. */
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

/** One thing that a schema found wrong. */
export interface SchemaIssue {
  /** Where, from the list of arguments on: `[0, 'email']` is `email` of the first argument. */
  readonly path: readonly PropertyKey[];
  /** The schema's own words, without the value at that place. */
  readonly message: string;
}

/**
 * The arguments do not fit the task's `schema`: a submit rejects with it, and a message that is found so at delivery is
 * dead with reason `invalid`. The message lists the issues with their places, never the values there.
 */
export class TaskSchemaError extends NbError {
  readonly code = 'NB_TASK_SCHEMA';
  readonly issues: readonly SchemaIssue[];
  /** The message that was found so at delivery; undefined at submit. */
  readonly messageId: string | undefined;

  constructor(
    message: string,
    {
      issues = [],
      messageId,
      ...options
    }: ErrorOptions & { issues?: readonly SchemaIssue[]; messageId?: string } = {},
  ) {
    super(message, options);
    this.issues = issues;
    this.messageId = messageId;
  }
}

/**
 * Throw it in a task to say that another run would fail too: the message is dead at once, whatever `retry` says. The
 * name is BullMQ's. `reason` `invalid` says that the message itself is at fault, as for one that fails its `schema`.
 */
export class UnrecoverableError extends NbError {
  readonly code = 'NB_TASK_UNRECOVERABLE';
  readonly reason: 'failed' | 'invalid';

  /** @param options `cause`, and `reason`: default `failed`. */
  constructor(
    message: string,
    { reason = 'failed', ...options }: ErrorOptions & { reason?: 'failed' | 'invalid' } = {},
  ) {
    super(message, options);
    this.reason = reason;
  }
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
