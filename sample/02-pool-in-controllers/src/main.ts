import { parseArgs } from 'node:util';
import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';
import { describeRush, rush } from './rush.js';

async function start(serves: boolean): Promise<INestApplication> {
  const app = await NestFactory.create(AppModule, {
    logger: serves ? ['log', 'warn', 'error', 'fatal'] : ['warn', 'error', 'fatal'],
    abortOnError: false,
  });
  // Ctrl+C lets the requests that were accepted finish.
  app.enableShutdownHooks();
  await app.listen(process.env['PORT'] ?? (serves ? 3_000 : 0), '127.0.0.1');
  return app;
}

const { values } = parseArgs({ options: { serve: { type: 'boolean', default: false } } });
const app = await start(values.serve);
const url = await app.getUrl();
if (values.serve) {
  console.error(`POST /passwords, POST /archives and GET /health at ${url}`);
} else {
  try {
    const outcome = await rush(url);
    console.log(describeRush(outcome));
    if (!outcome.asPromised) process.exitCode = 1;
  } finally {
    await app.close();
  }
}
