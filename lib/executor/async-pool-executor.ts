import { InvalidOptionError } from '../errors.js';
import { checkOptions, check, nonEmptyString } from '../options.js';
import { Dispatcher } from './dispatcher.js';
import type { ExecutorFuture } from './future.js';
import type { FunctionArguments, FunctionName, FunctionResult, UntypedModule } from './module-types.js';
import { resolveModules } from './modules.js';
import {
  resolveOptions,
  shutdownRules,
  type ExecutorOptions,
  type ExecutorShutdownOptions,
} from './options.js';
import type { ExecutorStats } from './stats.js';

/**
 * Runs asynchronous functions from synchronous code: async_pool_executor's `AsyncPoolExecutor`, with the face of
 * Python's `concurrent.futures`. The functions are those that a module exports; threads of their own import it,
 * each with an event loop, so they go on while this thread is busy or blocked.
 *
 * `submit` and `result` block; `run` never does. Both may be used on one executor at the same time. Whatever was
 * accepted is finished before the process exits, however it comes to exit, short of a signal that kills it.
 * Arguments, results and errors are copies; docs/executor.md says how each of them travels.
 *
 * @publicApi
 */
export class AsyncPoolExecutor<M extends object = UntypedModule> implements Disposable, AsyncDisposable {
  /** As given in the options. */
  readonly name: string;
  readonly #dispatcher: Dispatcher;

  private constructor(dispatcher: Dispatcher) {
    // JavaScript may call it.
    if (!((dispatcher as unknown) instanceof Dispatcher)) {
      throw new InvalidOptionError(
        'AsyncPoolExecutor: not made by new, but by AsyncPoolExecutor.forModule(url, { size }).',
      );
    }
    this.name = dispatcher.name;
    this.#dispatcher = dispatcher;
  }

  /**
   * An executor for the functions of a module: `AsyncPoolExecutor.forModule<typeof import('./work.js')>(
   * new URL('./work.js', import.meta.url), { size: 3 })`. Its threads start at once, and import the module in the
   * background; a module that can't be imported fails each call, with ExecutorModuleError.
   *
   * @param url of a JavaScript module, as a `file:`, `data:` or `node:` URL, its text, or an absolute path.
   * @throws InvalidOptionError, UnknownOptionError
   * @throws ExecutorClosedError in a listener of the process's 'exit': its calls would be lost.
   * @throws ExecutorModuleError in a thread that runs the same module: it would start threads without end.
   */
  static forModule<M extends object = UntypedModule>(
    url: URL | string,
    options: ExecutorOptions = {},
  ): AsyncPoolExecutor<M> {
    const resolved = resolveOptions(options);
    return new AsyncPoolExecutor<M>(new Dispatcher(resolved, resolveModules(url)));
  }

  /**
   * Submits a call of the module's function `name`, and returns its future as soon as it is accepted: running, or
   * waiting for a slot. While `size` calls run and `maxQueueSize` wait, it blocks this thread. The arguments are
   * copied before it returns.
   *
   * @throws ExecutorCloneError for an argument that can't be copied.
   * @throws ExecutorClosedError after a shutdown.
   * @throws InvalidOptionError for a name that is not a string.
   */
  submit<K extends FunctionName<M>>(
    name: K,
    ...args: FunctionArguments<M, K>
  ): ExecutorFuture<FunctionResult<M, K>> {
    checkName(name);
    return this.#dispatcher.submit(name, args, true) as ExecutorFuture<FunctionResult<M, K>>;
  }

  /** The form of `submit` that never blocks: the future, or undefined when there is no room. Throws as `submit`. */
  trySubmit<K extends FunctionName<M>>(
    name: K,
    ...args: FunctionArguments<M, K>
  ): ExecutorFuture<FunctionResult<M, K>> | undefined {
    checkName(name);
    return this.#dispatcher.submit(name, args, false) as ExecutorFuture<FunctionResult<M, K>> | undefined;
  }

  /**
   * Calls the module's function `name` and resolves with its value: the face for asynchronous code. It never
   * blocks; without room the call waits in line. The arguments are copied before it returns. With several threads
   * a call waits for whichever is free first. The process stays alive until the promise is settled.
   *
   * Rejects as `ExecutorFuture.result` and `submit` throw.
   */
  run<K extends FunctionName<M>>(name: K, ...args: FunctionArguments<M, K>): Promise<FunctionResult<M, K>> {
    try {
      checkName(name);
      return this.#dispatcher.run(name, args) as Promise<FunctionResult<M, K>>;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** A frozen snapshot of the executor's figures. */
  stats(): ExecutorStats {
    return this.#dispatcher.stats();
  }

  /**
   * Ends the executor; Python's `Executor.shutdown(wait)`. From now on nothing is accepted, and calls of `run` that
   * still wait for room reject with ExecutorClosedError. All accepted calls are finished: `wait: true` (the default)
   * blocks this thread until they are and the threads have ended; `wait: false` returns at once. May be called again.
   *
   * @throws UnknownOptionError, InvalidOptionError: then nothing is done.
   */
  shutdown(options: ExecutorShutdownOptions = {}): void {
    checkOptions('shutdown', options, shutdownRules);
    this.#dispatcher.close();
    if (options.wait !== false) this.#dispatcher.waitForEnd();
  }

  /** The form of `shutdown` for asynchronous code: resolves when all accepted calls and the threads have ended. */
  close(): Promise<void> {
    this.#dispatcher.close();
    return this.#dispatcher.untilEnd();
  }

  /** `shutdown({ wait: true })`, at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.shutdown();
  }

  /** `close()`, at the end of an `await using` block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function checkName(name: unknown): void {
  if (typeof name !== 'string' || name === '')
    check('AsyncPoolExecutor', "a function's name", name, nonEmptyString);
}
