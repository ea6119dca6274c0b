import { ForbiddenException, HttpException, type CanActivate } from '@nestjs/common';
import { isObservable, lastValueFrom, type Observable } from 'rxjs';
import type { AioExecutionContext } from './aio-execution-context.js';
import type { Enhancer } from './enhancers.js';

/** What the exceptions of a guard say that refuses, by their status. */
const REFUSALS: readonly number[] = [401, 403];

/**
 * Asks the guards, one after the other.
 * @param onRefusal hears which one refuses: another run would be refused, too.
 * @throws ForbiddenException when one answers false, as for a request; what a guard throws.
 */
export async function admit(
  guards: readonly Enhancer<CanActivate>[],
  context: AioExecutionContext,
  onRefusal: (guard: string) => void,
): Promise<void> {
  for (const { name, instance } of guards) {
    let admits: boolean;
    try {
      admits = await answerOf(instance.canActivate(context));
    } catch (error) {
      if (error instanceof HttpException && REFUSALS.includes(error.getStatus())) onRefusal(name);
      throw error;
    }
    if (admits) continue;
    onRefusal(name);
    throw new ForbiddenException('it answered false');
  }
}

/** An observable without a value admits nobody. */
async function answerOf(answer: boolean | Promise<boolean> | Observable<boolean>): Promise<boolean> {
  const value = await answer;
  return isObservable(value) ? lastValueFrom(value, { defaultValue: false }) : value;
}
