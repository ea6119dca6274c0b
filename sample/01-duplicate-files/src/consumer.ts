import { NestFactory } from '@nestjs/core';
import { ConsumerModule } from './consumer.module.js';
import { StderrLogger } from './cli/stderr-logger.js';
import { REDIS_URL } from './queues.js';

try {
  if (REDIS_URL === undefined)
    throw new Error('Say which Redis: REDIS_URL=redis://localhost:6379 npm run consumer');
  const app = await NestFactory.createApplicationContext(ConsumerModule, {
    logger: new StderrLogger(),
    abortOnError: false,
  });
  app.enableShutdownHooks();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
