import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { AioExecutionContext } from 'nestjs-nb-aiopool';
import type { Observable } from 'rxjs';

/** How often each message ran. */
@Injectable()
export class Audit {
  private readonly runs = new Map<string, number>();

  add(id: string): void {
    this.runs.set(id, this.runsOf(id) + 1);
  }

  /** What a guard refuses does not run. */
  runsOf(id: string): number {
    return this.runs.get(id) ?? 0;
  }
}

/** Around each run of a task, as it would be around a request. */
@Injectable()
export class AuditInterceptor implements NestInterceptor {
  constructor(private readonly audit: Audit) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    this.audit.add(AioExecutionContext.create(context).getTaskContext().id);
    return next.handle();
  }
}
