// Async configuration. docs/migrating-from-bullmq.md quotes the regions.
import {
  Injectable,
  Module,
  type DynamicModule,
} from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import {
  NbAioPoolModule,
  type NbAioPoolOptionsFactory,
} from '../../../lib/index.js';

export function factory(): DynamicModule {
  // #region factory
  const module = NbAioPoolModule.forRootAsync({
    useFactory: () => ({
      redis: { host: 'localhost', port: 6379 },
    }),
  });
  // #endregion
  return module;
}

export function injected(): DynamicModule {
  // #region injected
  const module = NbAioPoolModule.forRootAsync({
    imports: [ConfigModule],
    inject: [ConfigService],
    useFactory: (config: ConfigService) => ({
      redis: {
        host: config.get('QUEUE_HOST'),
        port: config.get('QUEUE_PORT'),
      },
    }),
  });
  // #endregion
  return module;
}

// #region useClass
@Injectable()
export class QueueConfig implements NbAioPoolOptionsFactory {
  create() {
    return { redis: { host: 'localhost', port: 6380 } };
  }
}
// #endregion

export function useClass(): DynamicModule {
  // #region useClass
  const module = NbAioPoolModule.forRootAsync({
    useClass: QueueConfig,
  });
  // #endregion
  return module;
}

@Module({ providers: [QueueConfig], exports: [QueueConfig] })
export class QueueConfigModule {}

export function useExisting(): DynamicModule {
  // #region useExisting
  const module = NbAioPoolModule.forRootAsync({
    imports: [QueueConfigModule],
    useExisting: QueueConfig,
  });
  // #endregion
  return module;
}
