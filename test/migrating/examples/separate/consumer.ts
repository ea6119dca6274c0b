// A process that only consumes. docs/migrating-from-bullmq.md quotes the region.
// #region consumer
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { NbAioPoolModule } from '../../../../lib/index.js';
import { AudioModule } from './tasks.js';

@Module({
  imports: [NbAioPoolModule.forRoot(), AudioModule],
})
export class ConsumerModule {}

const app =
  await NestFactory.createApplicationContext(ConsumerModule);
app.enableShutdownHooks(); // SIGTERM drains, then ends
// #endregion
