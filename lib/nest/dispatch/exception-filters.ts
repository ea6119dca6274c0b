import type { ExceptionFilter, Logger, Type } from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import 'reflect-metadata';
import { isObservable, lastValueFrom } from 'rxjs';
import { UnrecoverableError } from '../../queue/index.js';
import { ContextTypeError } from '../errors.js';
import { oneLine } from '../one-line.js';
import type { AioExecutionContext } from './aio-execution-context.js';
import type { Enhancer } from './enhancers.js';

/** Where `@Catch` leaves the classes that a filter is for. */
const CATCHES = '__filterCatchExceptions__';

/** Says once of each filter that it can't handle tasks. */
export class Misfits {
  private readonly said = new Set<string>();

  constructor(private readonly logger: Logger) {}

  say(name: string, context: AioExecutionContext, thrown: unknown): void {
    if (this.said.has(name)) return;
    this.said.add(name);
    const { queue, task, id } = context.getTaskContext();
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    this.logger.warn(
      oneLine(
        `Filter ${name} answers requests, and could not handle the error of task '${task}' on queue '${queue}' ` +
          `(message ${id}), which stays as it was; more like it are not logged: ${why}`,
      ),
    );
  }
}

/**
 * What a run fails with: what the filter for `error` throws, else `error`. Whatever a filter returns, the run has
 * failed: there is no response that its value could become.
 */
export async function filtered(
  filters: readonly Enhancer<ExceptionFilter>[],
  context: AioExecutionContext,
  error: unknown,
  misfits: Misfits,
): Promise<unknown> {
  // As for a request: the method's come before the class's, and those before the global ones. One of them runs.
  const filter = filters.toReversed().find(({ instance }) => catches(instance, error));
  if (!filter) return error;
  try {
    const answer: unknown = await filter.instance.catch(error, context);
    if (isObservable(answer)) await lastValueFrom(answer, { defaultValue: undefined });
    return error;
  } catch (thrown) {
    if (!isForRequests(filter.instance, thrown)) return thrown;
    if (thrown !== error) misfits.say(filter.name, context, thrown);
    return error;
  }
}

function catches(filter: ExceptionFilter, error: unknown): boolean {
  const types = (Reflect.getMetadata(CATCHES, filter.constructor) ?? []) as readonly Type<unknown>[];
  return types.length === 0 || types.some((type) => error instanceof type);
}

/** Made to answer HTTP requests: what it throws for a task says nothing of the task. */
function isForRequests(filter: ExceptionFilter, thrown: unknown): boolean {
  if (thrown instanceof UnrecoverableError) return false;
  return thrown instanceof ContextTypeError || filter instanceof BaseExceptionFilter;
}
