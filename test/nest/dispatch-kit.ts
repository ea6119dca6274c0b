import {
  Injectable,
  type ArgumentMetadata,
  type CallHandler,
  type CanActivate,
  type ExceptionFilter,
  type ExecutionContext,
  type NestInterceptor,
  type PipeTransform,
} from '@nestjs/common';
import type { TestingModule } from '@nestjs/testing';
import { tap, type Observable } from 'rxjs';
import {
  getTasksToken,
  NbAioPoolModule,
  type NbAioPoolModuleOptions,
  type TaskClass,
  type TaskHandle,
  type Tasks,
} from '../../lib/index.js';

/** A message is dead after its first failed run, unless a test says otherwise. */
export const memory = (options: NbAioPoolModuleOptions = {}) =>
  NbAioPoolModule.forRoot({ broker: 'memory', defaults: { retry: { maxAttempts: 1 } }, ...options });

/** Failed runs are repeated at once. */
export const retrying = { defaults: { retry: { maxAttempts: 3, delay: 0 } } };

export const tasksOf = <T extends object>(app: TestingModule, task: TaskClass<T>): Tasks<T> =>
  app.get(getTasksToken(task));

/** Why the one dead message of a queue is dead. */
export async function deadRecord<A extends readonly unknown[], R>(handle: TaskHandle<A, R>) {
  const dead = await handle.listDead();
  if (dead.length !== 1) throw new Error(`${dead.length} messages are dead, rather than one`);
  return dead[0]!.record;
}

/** What the enhancers below did, in order. Each test file has one of its own. */
export const steps: string[] = [];

/** Guard, pipe, interceptor and filter in one, which say when they are called. */
abstract class Steps implements CanActivate, PipeTransform, NestInterceptor, ExceptionFilter {
  abstract readonly at: string;

  canActivate(context: ExecutionContext): boolean {
    steps.push(`${this.at} guard ${context.getType<string>()}`);
    return true;
  }

  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    steps.push(`${this.at} interceptor`);
    return next.handle().pipe(tap(() => steps.push(`${this.at} interceptor after`)));
  }

  transform(value: unknown, { metatype }: ArgumentMetadata): unknown {
    steps.push(`${this.at} pipe ${String(value)} ${metatype?.name}`);
    return value;
  }

  catch(error: unknown): void {
    steps.push(`${this.at} filter`);
    throw error;
  }
}

@Injectable()
export class OnAll extends Steps {
  readonly at = 'global';
}

@Injectable()
export class OnClass extends Steps {
  readonly at = 'class';
}

@Injectable()
export class OnMethod extends Steps {
  readonly at = 'method';
}
