import 'reflect-metadata';
import { deepStrictEqual } from 'node:assert';
import { Test } from '@nestjs/testing';
import { testTasks } from 'nestjs-nb-aiopool/testing';
import { AppModule, ReportController } from './app.js';

/** Jest's. Its types are not installed here. */
declare const test: (name: string, body: () => Promise<void>) => void;

test('in Jest', async () => {
  const tasks = testTasks();
  const module = await tasks.override(Test.createTestingModule({ imports: [AppModule] })).compile();
  await module.get(ReportController).reports.build.submit('eve', 2);
  deepStrictEqual(await tasks.drain(), { done: 1, delayed: 0, dead: 0 });
  await module.close();
});
