import type { DynamicModule } from '@nestjs/common';
import { NbAioPoolModule } from 'nestjs-nb-aiopool';

/** The module that brings the queues; all processes that share them say the same `prefix`. */
export function taskQueues(consume: boolean): DynamicModule {
  const redis = process.env['REDIS_URL'];
  return NbAioPoolModule.forRoot({
    ...(redis === undefined ? {} : { redis }),
    prefix: process.env['PREFIX'] ?? 'consumer-only',
    consume,
  });
}
