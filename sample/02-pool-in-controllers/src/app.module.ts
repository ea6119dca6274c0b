import { Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { NbAioPoolModule } from 'nestjs-nb-aiopool';
import { ArchivesController } from './archives.controller.js';
import { HealthController } from './health.controller.js';
import { PasswordsController } from './passwords.controller.js';
import { PoolFullFilter } from './pool-full.filter.js';

@Module({
  imports: [
    NbAioPoolModule.forRoot({
      // There are no queues here, only pools: no server is needed.
      broker: 'memory',
      pools: {
        // For everybody: @InjectPool().
        default: { maxConcurrency: 8, maxQueueSize: 200 },
        // Hashing a password keeps one of Node's four threads busy. Two at once leave the others to everything else,
        // and who would be more than eighth in line had better come again than wait.
        passwords: { maxConcurrency: 2, maxQueueSize: 8 },
      },
    }),
  ],
  controllers: [PasswordsController, ArchivesController, HealthController],
  providers: [{ provide: APP_FILTER, useClass: PoolFullFilter }],
})
export class AppModule {}
