import type { DynamicModule } from '@nestjs/common';
import { NbAioPoolModule } from 'nestjs-nb-aiopool';

/** Without it the queues are in this process. */
export const REDIS_URL = process.env['REDIS_URL'] || undefined;

/**
 * The module that brings the queues.
 *
 * @param consume which of them this process works on: all, or those named.
 */
export function taskQueues(consume: true | string[]): DynamicModule {
  return NbAioPoolModule.forRoot({
    ...(REDIS_URL === undefined ? { broker: 'memory' } : { redis: REDIS_URL }),
    prefix: 'duplicate-files',
    consume,
    // Ctrl+C need not wait for a large file: it is hashed again by another process, or not at all.
    grace: 2_000,
    defaults: {
      // What a killed process held is taken over after so long.
      lease: 5_000,
      // A scan is complete when everything was reported, so no message may be given up: a process that dies was
      // killed (reading a file crashes nothing), and a report that can't be sent now can be when Redis is back.
      maxCrashes: 1_000,
      retry: { maxAttempts: 1_000, maxDelay: 5_000 },
    },
  });
}
