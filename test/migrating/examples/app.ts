// The root module. docs/migrating-from-bullmq.md quotes the region.
// #region app
import { Module } from '@nestjs/common';
import { NbAioPoolModule } from '../../../lib/index.js';

@Module({
  imports: [
    NbAioPoolModule.forRoot({
      redis: { host: 'localhost', port: 6379 },
    }),
  ],
})
export class AppModule {}
// #endregion
