// A task whose work is done in threads. docs/migrating-from-bullmq.md quotes the region.
// #region threads
import { Injectable, Module } from '@nestjs/common';
import {
  AioTask,
  AsyncPoolExecutor,
} from '../../../../lib/index.js';

@Injectable()
export class AudioTasks {
  private readonly threads = AsyncPoolExecutor.forModule<
    typeof import('./encode.js')
  >(new URL('./encode.js', import.meta.url), {
    size: 2,
    threads: 2,
  });

  @AioTask('audio', 2)
  async transcode(file: string): Promise<string> {
    return this.threads.run('encode', file);
  }
}

@Module({ providers: [AudioTasks] })
export class AudioModule {}
// #endregion
