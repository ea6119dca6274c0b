import { check, checkOptions, integer, longTime, milliseconds, type Rule } from '../options.js';
import { MAX_BATCH, type DeadMessage } from './broker.js';
import { NoResultError, ResultTimeoutError } from './errors.js';
import { headersRule, type MessageHeaders } from './headers.js';
import { EnvelopeWriter } from './payload.js';
import { captureHeaders } from './propagation.js';
import { readResult } from './result.js';
import type { TaskQueue } from './task-queue.js';
import type { TaskSettings } from './task-options.js';

/** What `with` changes for the calls made through it. */
export interface CallOptions {
  /** Keep the result for this long after the task ended, in ms, so that `result()` can read it. Minimum 1. Default: not kept. */
  result?: number;
  /** How long `run` waits for the value, in ms. Default 60,000, minimum 1. The task is not stopped by it. */
  timeout?: number;
  /**
   * What travels with the call besides its arguments, as `AioTaskContext.current().headers`: names and values, both
   * text, together at most 16 KiB as JSON. They win over those of propagators. Default: none.
   */
  headers?: MessageHeaders;
}

const RULES = { result: longTime(1), timeout: milliseconds(1), headers: headersRule };
const RUN_DEFAULT = 60_000;

const iterable: Rule = (value) =>
  typeof value === 'object' && value !== null && Symbol.iterator in value
    ? undefined
    : 'a list of argument lists';

/**
 * A call that is stored. Serialises as `{"id": ...}`, so a controller can return it. `Kept` says whether its result was
 * asked for, through `with({ result })`: only then may `result()` be called, and anything else is a compile error.
 */
export class SentMessage<R, Kept extends boolean = false> {
  constructor(
    readonly id: string,
    private readonly handle: TaskHandle<never[], R, boolean>,
    // Not private: the type of a private member is not in the declarations that users compile against.
    protected readonly kept: Kept,
  ) {}

  /**
   * The task's value, from whichever process runs it.
   *
   * @param timeout how long to wait, in ms; default 60,000, minimum 1.
   * @throws NoResultError if the result was not asked for at submit. @throws ResultTimeoutError
   * @throws TaskFailedError when the task is dead; its `cause` is the task's error. @throws MessageClearedError
   */
  async result(this: SentMessage<R, true>, timeout: number = RUN_DEFAULT): Promise<R> {
    // Other compilers than tsc let it pass.
    if (!(this.kept as boolean)) {
      throw new NoResultError(
        `The result of message ${this.id} is not kept: submit it through with({ result: <ms to keep it> }), or use run.`,
      );
    }
    return this.handle.result(this.id, timeout);
  }

  toJSON(): { id: string } {
    return { id: this.id };
  }
}

/**
 * A task as its callers see it: arguments and value are typed from its function. `Kept`: whether `with({ result })` was
 * asked to keep the results.
 */
export class TaskHandle<A extends readonly unknown[], R, Kept extends boolean = false> {
  private readonly writer: EnvelopeWriter;
  private forRun: EnvelopeWriter | undefined;

  /** @internal */
  constructor(
    private readonly queue: TaskQueue,
    private readonly settings: TaskSettings,
    private readonly options: CallOptions = {},
  ) {
    this.writer = new EnvelopeWriter(settings, options.result, options.headers);
  }

  /**
   * Stores one call; resolves when it is stored. Concurrent calls travel together.
   * @throws TaskSchemaError, PayloadUnsupportedError, PayloadTooLargeError, what a propagator throws, BrokerUnreachableError, BrokerRefusedError (not stored),
   * SubmitTimeoutError (not stored), SubmitUnknownError (nobody knows)
   */
  async submit(...args: A): Promise<SentMessage<R, Kept>> {
    return this.sent(await this.queue.submit(this.addressed(this.writer), args));
  }

  /**
   * Stores many calls, given as a list of argument lists: one round trip for each 500.
   * When it throws, what came before may be stored. @throws as `submit`
   */
  async submitMany(calls: Iterable<A>): Promise<SentMessage<R, Kept>[]> {
    check(`submitMany() of task '${this.settings.name}'`, 'the calls', calls, iterable);
    const ids = await this.queue.submitMany(this.addressed(this.writer), calls);
    return ids.map((id) => this.sent(id));
  }

  /**
   * Stores one call and waits for its value, from whichever process runs it.
   * @throws as `submit`; ResultTimeoutError after `timeout` ms; TaskFailedError when the task is dead; MessageClearedError
   */
  async run(...args: A): Promise<R> {
    const { result, headers } = this.options;
    this.forRun ??= new EnvelopeWriter(this.settings, result ?? RUN_DEFAULT, headers);
    const id = await this.queue.submit(this.addressed(this.forRun), args);
    return this.result(id, this.options.timeout ?? RUN_DEFAULT);
  }

  /** The same task with other options for each call. @throws UnknownOptionError, InvalidOptionError, PayloadTooLargeError */
  with<O extends CallOptions>(options: O): TaskHandle<A, R, O extends { result: number } ? true : Kept> {
    checkOptions<CallOptions>(`with() of task '${this.settings.name}'`, options, RULES);
    const headers = options.headers && { headers: { ...options.headers } };
    return new TaskHandle(this.queue, this.settings, { ...this.options, ...options, ...headers });
  }

  /** The kept result of message `id`, which may have been submitted by another process. @throws as `SentMessage.result` */
  async result(id: string, timeout: number = RUN_DEFAULT): Promise<R> {
    check(`result() of message ${id}`, 'the time limit', timeout, milliseconds(1));
    const limit = new AbortController();
    const timer = setTimeout(() => {
      limit.abort(
        new ResultTimeoutError(
          `The result of message ${id} did not come within ${timeout} ms; the task goes on.`,
        ),
      );
    }, timeout);
    try {
      const stored = await this.queue.waitForResult(id, limit.signal);
      return readResult(this.settings.codec, id, stored) as R;
    } finally {
      clearTimeout(timer);
    }
  }

  /** How many calls wait in the queue, of all its tasks: ready and delayed, not on loan. */
  getQueueSize(): Promise<number> {
    return this.queue.size();
  }

  /** Removes what is ready or delayed, of all tasks of the queue; never what is on loan. Answers how many. */
  clearQueue(): Promise<number> {
    return this.queue.clear();
  }

  /**
   * The dead of the queue, of all its tasks, oldest first: id, envelope, since when, and why (reason and error).
   * @param offset how many to skip. @param limit how many at most, up to 1,000; default 100.
   */
  async listDead(offset = 0, limit = 100): Promise<readonly DeadMessage[]> {
    check('listDead()', 'the offset', offset, integer(0));
    check('listDead()', 'the limit', limit, integer(1, MAX_BATCH));
    return this.queue.listDead(offset, limit);
  }

  /** What propagators capture is of the caller's context: asked for before anything is awaited. */
  private addressed(writer: EnvelopeWriter): EnvelopeWriter {
    const { propagators, name } = this.settings;
    if (propagators.length === 0) return writer;
    return writer.withHeaders(captureHeaders(name, propagators, this.options.headers));
  }

  private sent(id: string): SentMessage<R, Kept> {
    const kept = (this.options.result !== undefined) as Kept;
    return new SentMessage(id, this as unknown as TaskHandle<never[], R, boolean>, kept);
  }
}
