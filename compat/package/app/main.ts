import 'reflect-metadata';
import { deepStrictEqual } from 'node:assert';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { aioTask, amap } from 'nestjs-nb-aiopool';
import { AsyncPoolExecutor } from 'nestjs-nb-aiopool/executor';
import { testTasks } from 'nestjs-nb-aiopool/testing';
import { AppModule, ReportController, ReportTasks } from './app.js';

// Compiled as an ES module and as CommonJS. It never calls process.exit: it has to end by itself.

async function serve(): Promise<void> {
  const app = await NestFactory.create(AppModule, { logger: ['warn', 'error'] });
  await app.listen(0, '127.0.0.1');
  const answer = await fetch(await app.getUrl(), { headers: { connection: 'close' } });
  deepStrictEqual(await answer.json(), { title: 'ann 2026', attempt: 1 });
  const { reports } = app.get(ReportController);
  const sent = await reports.build.with({ result: 60_000 }).submit('bob', 1);
  deepStrictEqual(await sent.result(5_000), { title: 'bob 1', attempt: 1 });
  await app.close();
}

async function testWithoutServer(): Promise<void> {
  const tasks = testTasks();
  const module = await tasks.override(Test.createTestingModule({ imports: [AppModule] })).compile();
  await module.get(ReportController).reports.build.submit('eve', 2);
  deepStrictEqual(await tasks.drain(), { done: 1, delayed: 0, dead: 0 });
  deepStrictEqual(
    tasks.submitted(ReportTasks, 'build').map(({ args }) => args),
    [['eve', 2]],
  );
  await module.close();
}

async function withoutNest(): Promise<void> {
  const add = aioTask({ queue: 'sums', broker: 'memory' }, async (x: number, y: number) => x + y);
  const consuming = add.consume();
  deepStrictEqual(await add.run(1, 2), 3);
  await add.stop();
  await consuming;
  await add.close();

  const found: number[] = [];
  for await (const value of amap(async (x: number) => x * 2, [1, 2, 3], { maxAtOnce: 1 })) found.push(value);
  deepStrictEqual(found, [2, 4, 6]);

  const file = join(process.cwd(), 'dist', 'work.js');
  const executor = AsyncPoolExecutor.forModule<typeof import('./work.js')>(file, { size: 1 });
  deepStrictEqual(executor.submit('triple', 7).result(), 21);
  executor.shutdown();
}

async function main(): Promise<void> {
  await serve();
  await testWithoutServer();
  await withoutNest();
  console.log('ok');
}

void main();
