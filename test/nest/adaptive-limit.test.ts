import { Injectable, Module, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { expect, test } from '@jest/globals';
import { AdaptiveLimit, getPoolToken, InjectPool, NbAioPool, NbAioPoolModule } from '../../lib/index.js';

// As in docs/nest.md.
@Injectable()
class CrawlerLimit implements OnModuleInit, OnModuleDestroy {
  limit?: AdaptiveLimit;

  constructor(@InjectPool('crawler') private readonly crawler: NbAioPool) {}

  onModuleInit(): void {
    this.limit = new AdaptiveLimit(this.crawler, { min: 2, max: 100 });
  }

  onModuleDestroy(): void {
    this.limit?.stop();
  }
}

@Module({
  imports: [NbAioPoolModule.forRoot({ broker: 'memory', pools: { crawler: { maxConcurrency: 500 } } })],
  providers: [CrawlerLimit],
})
class AppModule {}

test('an adaptive limit starts and stops with its module', async () => {
  const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
  const crawler = app.get<NbAioPool>(getPoolToken('crawler'));
  const { limit } = app.get(CrawlerLimit);
  expect(limit?.stats()).toMatchObject({ limit: 100, stopped: false });
  expect(crawler.maxConcurrency).toBeLessThanOrEqual(100);
  expect(await crawler.run(async () => 'run')).toBe('run');

  await app.close();
  expect(limit?.stats().stopped).toBe(true);
  expect(crawler.stats().closed).toBe(true);
});
