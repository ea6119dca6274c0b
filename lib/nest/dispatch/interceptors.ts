import { AsyncResource } from 'node:async_hooks';
import type { NestInterceptor } from '@nestjs/common';
import { defer, isObservable, lastValueFrom, mergeAll, of, type Observable } from 'rxjs';
import { quote } from '../../options.js';
import { TaskEnhancerError } from '../errors.js';
import type { AioExecutionContext } from './aio-execution-context.js';
import type { Enhancer } from './enhancers.js';

/**
 * Runs `run` within the interceptors, the first one outermost. The last value of its observable is the result,
 * undefined if there is none.
 *
 * It settles only when the method has ended, too, though an interceptor (a timeout, say) may answer earlier: else
 * its slot would be free while it runs, and the next run of the message could begin beside it.
 *
 * @param task for messages. @throws TaskEnhancerError for an interceptor that answers no observable.
 */
export async function intercept(
  interceptors: readonly Enhancer<NestInterceptor>[],
  context: AioExecutionContext,
  run: () => Promise<unknown>,
  task: string,
): Promise<unknown> {
  if (interceptors.length === 0) return run();
  const running = new Set<Promise<unknown>>();
  const tracked = (): Promise<unknown> => {
    const result = run();
    running.add(result);
    return result;
  };
  try {
    return await lastValueFrom(within(interceptors, context, tracked, task), { defaultValue: undefined });
  } finally {
    await Promise.allSettled(running);
  }
}

/** Cold: one that subscribes again (`retry`) runs the method again. */
function within(
  interceptors: readonly Enhancer<NestInterceptor>[],
  context: AioExecutionContext,
  run: () => Promise<unknown>,
  task: string,
): Observable<unknown> {
  const [first, ...rest] = interceptors;
  const inner = async (): Promise<Observable<unknown>> => {
    if (!first) return of(await run());
    const handle = (): Observable<unknown> => within(rest, context, run, task);
    const answer: unknown = await first.instance.intercept(context, { handle });
    if (isObservable(answer)) return answer;
    throw noObservable(first.name, task, answer);
  };
  // Bound to where handle() is called: an interceptor that does so inside a context of its own extends it to the rest.
  // Not by AsyncResource.bind(), which takes ten times as long.
  const resource = new AsyncResource('AioInterceptor');
  return defer(() => resource.runInAsyncScope(inner)).pipe(mergeAll());
}

/** Else rxjs would say that "undefined" was given, and not by whom. The value may be a payload: only its type is said. */
function noObservable(name: string, task: string, answer: unknown): TaskEnhancerError {
  const what = typeof answer === 'object' || answer === undefined ? quote(answer) : `a ${typeof answer}`;
  return new TaskEnhancerError(`Interceptor ${name} of ${task} answered ${what}: return next.handle().`);
}
