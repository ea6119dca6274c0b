import { ConsoleLogger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ConsumerModule } from './consumer.module.js';

// No HTTP server: an application context is all that consuming needs.
const app = await NestFactory.createApplicationContext(ConsumerModule, {
  logger: new ConsoleLogger(`consumer ${process.pid}`),
});
// SIGTERM and Ctrl+C: claims no more, finishes what runs, gives back the rest, then ends.
app.enableShutdownHooks();
// For the process that started it, if that wants to know.
process.send?.({});
