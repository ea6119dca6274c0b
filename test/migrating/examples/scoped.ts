// Request scope. docs/migrating-from-bullmq.md quotes the region.
import { Inject, Injectable, Scope } from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { AioTask, AioTaskRequest } from '../../../lib/index.js';

// #region scoped
@Injectable({ scope: Scope.REQUEST })
export class AudioTasks {
  constructor(@Inject(REQUEST) request: AioTaskRequest) {
    console.log(`${request.id}: ${request.args.join()}`);
  }

  @AioTask('audio')
  async transcode(file: string): Promise<string> {
    return `${file}.mp3`;
  }
}
// #endregion
