// A graceful shutdown. docs/migrating-from-bullmq.md quotes the region.
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.js';

export async function start(): Promise<INestApplicationContext> {
  // #region shutdown
  const app = await NestFactory.create(AppModule);
  app.enableShutdownHooks();
  // #endregion
  return app;
}
