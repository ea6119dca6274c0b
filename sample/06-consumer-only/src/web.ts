import { ConsoleLogger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { WebModule } from './web.module.js';

const app = await NestFactory.create(WebModule, { logger: new ConsoleLogger('web') });
app.enableShutdownHooks();
await app.listen(process.env['PORT'] ?? 3_000, '127.0.0.1');
const url = await app.getUrl();
console.log(`POST /reports {"customer": "..."}, GET /reports and GET /reports/:id at ${url}`);
// For the process that started it, if that wants to know.
process.send?.({ url });
