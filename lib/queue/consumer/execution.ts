import { Malformed, type DeadReason, type DeadRecord, type History } from '../broker.js';
import { ENVELOPE_VERSION, type Envelope } from '../envelope.js';
import { TaskSchemaError, UnrecoverableError } from '../errors.js';
import { isHeaders } from '../headers.js';
import { readArgs, writeValue } from '../payload.js';
import { recordError, writeFailure, type ErrorRecord } from '../result.js';
import { refusalDelay, refusedFor, retryDelay } from '../retry-policy.js';
import type { QueueSettings, TaskSettings } from '../task-options.js';
import { runInContext, type Delivery } from './delivery.js';
import { prepared } from './prepared-task.js';

/** A task that a consumer can run. */
export interface RunnableTask {
  readonly settings: TaskSettings;
  /** Runs one call. What it throws, or rejects with, is a failed run. */
  readonly run: (args: readonly never[], delivery: Delivery) => unknown;
}

/** What became of a delivery: the one thing that its pipeline ends in. */
export type Outcome =
  | { readonly kind: 'done'; readonly result?: StoredOutcome }
  | { readonly kind: 'retry'; readonly delay: number; readonly history: History; readonly error: unknown }
  | { readonly kind: 'refused'; readonly delay: number; readonly history: History }
  | {
      readonly kind: 'dead';
      readonly record: DeadRecord;
      readonly error?: unknown;
      readonly result?: StoredOutcome;
    };

interface StoredOutcome {
  readonly ttl: number;
  readonly result: string;
}

const DONE: Outcome = Object.freeze({ kind: 'done' });

/** A delivery that can run: its task and its arguments. */
export interface Call {
  readonly delivery: Delivery;
  readonly task: RunnableTask;
  readonly envelope: Envelope;
  readonly args: readonly unknown[];
}

function invoke({ task, args, delivery }: Call): unknown {
  return task.run(args as readonly never[], delivery);
}

/** Reads deliveries: envelope -> call, or at once the outcome of what can't be called. */
export class Execution {
  private readonly tasks: ReadonlyMap<string, RunnableTask>;

  constructor(
    tasks: ReadonlyMap<string, RunnableTask>,
    private readonly settings: Pick<QueueSettings, 'unknownTaskTimeout' | 'context'>,
  ) {
    this.tasks = new Map([...tasks].map(([name, task]) => [name, prepared(task)]));
  }

  /** Calls the task. Throws what the task throws at once. */
  begin(call: Call): unknown {
    return this.settings.context ? runInContext(call.delivery, invoke, call) : invoke(call);
  }

  /** Never throws. */
  read(delivery: Delivery): Call | Outcome {
    const { envelope } = delivery;
    if (!isEnvelope(envelope))
      return malformed('the envelope is not of the form that docs/wire-protocol.md gives');
    if (envelope.v !== ENVELOPE_VERSION) return this.refused(delivery);
    const task = this.tasks.get(envelope.task);
    if (!task || (envelope.codec ?? 'json') !== task.settings.codec.name) return this.refused(delivery);
    try {
      return { delivery, task, envelope, args: readArgs(task.settings.codec, envelope) };
    } catch (error) {
      return malformed(`the arguments can't be read: ${recordError(error).message}`);
    }
  }

  /** In a rolling deploy an old process meets the messages of a new one: it gives them back rather than kill them. */
  private refused({ history, envelope }: Delivery): Outcome {
    const { refusals } = history;
    if (refusedFor(refusals) < this.settings.unknownTaskTimeout) {
      return {
        kind: 'refused',
        delay: refusalDelay(refusals),
        history: { ...history, refusals: refusals + 1 },
      };
    }
    const { v, task } = envelope as Envelope;
    const error = {
      name: 'Error',
      message: `no consumer knew task '${task}' (version ${v}) for ${this.settings.unknownTaskTimeout} ms`,
    };
    return dead(envelope as Envelope, { reason: 'unknown-task', error });
  }
}

/** Only the shape; whether the version and the task are known is another question. */
function isEnvelope(value: unknown): value is Envelope {
  if (typeof value !== 'object' || value === null || value instanceof Malformed) return false;
  const { v, task, result, codec, headers } = value as Record<string, unknown>;
  return (
    Number.isSafeInteger(v) &&
    typeof task === 'string' &&
    (result === undefined || (Number.isSafeInteger(result) && (result as number) > 0)) &&
    (codec === undefined || typeof codec === 'string') &&
    (headers === undefined || isHeaders(headers))
  );
}

/** The outcome of a task that answered `value`. Never throws. */
export function succeeded({ task, envelope }: Call, value: unknown): Outcome {
  const ttl = envelope.result;
  if (ttl === undefined) return DONE;
  try {
    return { kind: 'done', result: { ttl, result: writeValue(task.settings, value) } };
  } catch (error) {
    // The task did its work: running it again would not make its value fit. Whoever waits learns why.
    return { kind: 'done', result: { ttl, result: writeFailure('result', recordError(error)) } };
  }
}

/** The outcome of a task that threw `error`. Never throws. */
export function failed({ id, history }: Delivery, { task, envelope }: Call, error: unknown): Outcome {
  const attempts = history.attempts + 1;
  const final = finalReason(id, error);
  const delay = final === undefined ? retryDelay(task.settings.retry, attempts) : undefined;
  if (delay !== undefined) return { kind: 'retry', delay, error, history: { ...history, attempts } };
  return { ...dead(envelope, { reason: final ?? 'failed', attempts, error: recordError(error) }), error };
}

/** Why another run would fail, too; undefined if it may not. Never throws. */
function finalReason(id: string, error: unknown): DeadReason | undefined {
  try {
    if (error instanceof UnrecoverableError) return error.reason;
    // Only of this message: a task may also fail because it submitted what another one does not take.
    return error instanceof TaskSchemaError && error.messageId === id ? 'invalid' : undefined;
  } catch {
    // A revoked proxy, or the like, was thrown.
    return undefined;
  }
}

function malformed(message: string): Outcome {
  return { kind: 'dead', record: { reason: 'malformed', error: { name: 'Error', message } } };
}

function dead(envelope: Envelope, record: DeadRecord): Outcome & { kind: 'dead' } {
  return { kind: 'dead', record, ...failureFor(envelope, record.reason, record.error) };
}

function failureFor(
  envelope: Envelope,
  reason: DeadReason,
  error: ErrorRecord | undefined,
): { result?: StoredOutcome } {
  return envelope.result === undefined
    ? {}
    : { result: { ttl: envelope.result, result: writeFailure(reason, error) } };
}

/** What waits for the result of a message that crashed too often. */
export function crashResult(envelope: unknown): StoredOutcome | undefined {
  return isEnvelope(envelope) ? failureFor(envelope, 'crashed', undefined).result : undefined;
}
