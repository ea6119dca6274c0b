// Worker events. docs/migrating-from-bullmq.md quotes the region.
import {
  Injectable,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { tap, type Observable } from 'rxjs';
import { AioTask, isAioContext } from '../../../lib/index.js';

// #region events
@Injectable()
export class AudioEvents implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler) {
    if (!isAioContext(context)) return next.handle();
    const { id, task } = context.getTaskContext();
    console.log(`active: ${id} of ${task}`);
    return (next.handle() as Observable<string>).pipe(
      tap({
        next: (value) => console.log(`completed: ${value}`),
        error: (error) => console.log(`failed: ${error}`),
      }),
    );
  }
}
// #endregion

@Injectable()
@UseInterceptors(AudioEvents)
export class AudioTasks {
  @AioTask({ queue: 'audio', retry: { maxAttempts: 1 } })
  async transcode(file: string): Promise<string> {
    if (file === '') throw new Error('no file');
    return `${file}.mp3`;
  }
}
