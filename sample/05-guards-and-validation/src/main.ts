import { parseArgs } from 'node:util';
import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';
import { casesOf } from './cases/cases.js';

async function start(serves: boolean): Promise<INestApplication> {
  const app = await NestFactory.create(AppModule, {
    // Without --serve most of what happens is meant to fail.
    logger: serves ? ['log', 'warn', 'error', 'fatal'] : false,
    abortOnError: false,
  });
  app.enableShutdownHooks();
  await app.listen(process.env['PORT'] ?? (serves ? 3_000 : 0), '127.0.0.1');
  return app;
}

/** Says what became of each kind of message, and whether that is as it should be. */
async function demonstrate(app: INestApplication): Promise<boolean> {
  const cases = casesOf(app, await app.getUrl());
  let met = 0;
  for (const { what, expected, run } of cases) {
    const outcome = await run();
    const isMet = expected.test(outcome);
    console.log(`${what}\n    ${outcome}${isMet ? '' : `\n    BUT EXPECTED ${expected}`}`);
    if (isMet) met++;
  }
  console.log(`${met} of ${cases.length} as expected`);
  return met === cases.length;
}

const { values } = parseArgs({ options: { serve: { type: 'boolean', default: false } } });
const app = await start(values.serve);
if (values.serve) {
  console.error(`POST /orders at ${await app.getUrl()}`);
} else {
  try {
    if (!(await demonstrate(app))) process.exitCode = 1;
  } finally {
    await app.close();
  }
}
