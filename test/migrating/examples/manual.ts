// Manual registration. docs/migrating-from-bullmq.md quotes the region.
import {
  Injectable,
  Module,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import {
  AioTaskRegistry,
  NbAioPoolModule,
} from '../../../lib/index.js';
import { AudioTasks } from './processor.js';

const { env } = process;

// #region manual
@Injectable()
export class AudioService implements OnApplicationBootstrap {
  constructor(private readonly registry: AioTaskRegistry) {}

  async onApplicationBootstrap() {
    if (env['CONSUME']) await this.registry.start('audio');
  }
}

@Module({
  imports: [NbAioPoolModule.forRoot({ consume: false })],
  providers: [AudioService, AudioTasks],
})
export class AppModule {}
// #endregion
