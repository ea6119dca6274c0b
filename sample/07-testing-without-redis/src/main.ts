import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';

const app = await NestFactory.create(AppModule);
app.enableShutdownHooks();
await app.listen(process.env['PORT'] ?? 3_000, '127.0.0.1');
console.log(`POST /sign-ups at ${await app.getUrl()}`);
