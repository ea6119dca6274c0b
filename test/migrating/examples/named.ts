// Named jobs. docs/migrating-from-bullmq.md quotes the region.
import { Injectable } from '@nestjs/common';
import { AioTask } from '../../../lib/index.js';

export const done: string[] = [];

async function doSomething(file: string): Promise<void> {
  done.push(file);
}

async function doSomeLogic2(
  files: readonly string[],
): Promise<void> {
  done.push(files.join('+'));
}

// #region named
@Injectable()
export class AudioTasks {
  @AioTask('audio')
  async transcode(file: string): Promise<void> {
    await doSomething(file);
  }

  @AioTask('audio')
  async concatenate(files: string[]): Promise<void> {
    await doSomeLogic2(files);
  }
}
// #endregion
