// Job options. docs/migrating-from-bullmq.md quotes the region.
import { Injectable } from '@nestjs/common';
import {
  AioTask,
  UnrecoverableError,
} from '../../../lib/index.js';

// #region retries
@Injectable()
export class AudioTasks {
  @AioTask({
    queue: 'audio',
    retry: { maxAttempts: 3, backoff: 'fixed', jitter: 'none' },
  })
  async transcode(file: string): Promise<void> {
    if (!file.endsWith('.wav'))
      throw new UnrecoverableError('Only .wav files');
    throw new Error('The disk is full');
  }
}
// #endregion
