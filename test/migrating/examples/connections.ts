// Several Redis servers. docs/migrating-from-bullmq.md quotes the region.
// #region connections
import { Injectable, Module } from '@nestjs/common';
import {
  AioTask,
  NbAioPoolModule,
} from '../../../lib/index.js';

@Injectable()
export class VideoTasks {
  @AioTask({ queue: 'video', connection: 'alternative' })
  async encode(file: string): Promise<string> {
    return `${file}.mp4`;
  }
}

@Module({
  imports: [
    NbAioPoolModule.forRoot({ redis: { port: 6379 } }),
    NbAioPoolModule.forRoot({
      name: 'alternative',
      redis: { port: 6381 },
    }),
  ],
  providers: [VideoTasks],
})
export class AppModule {}
// #endregion
