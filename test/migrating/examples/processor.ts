// A processor and its queue. docs/migrating-from-bullmq.md quotes the region.
// #region processor
import { Injectable, Module } from '@nestjs/common';
import { AioTask } from '../../../lib/index.js';

@Injectable()
export class AudioTasks {
  @AioTask('audio')
  async transcode(file: string): Promise<string> {
    // do some stuff
    return `${file}.mp3`;
  }
}

@Module({ providers: [AudioTasks] })
export class AudioModule {}
// #endregion
