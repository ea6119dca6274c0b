/** What the types of the installed package must let through, and what not. It is compiled only. */
import { AioTask, InjectTasks, NbAioPoolModule, NbAioPool, amap, aioTask, Tasks } from 'nestjs-nb-aiopool';
import { AsyncPoolExecutor } from 'nestjs-nb-aiopool/executor';
import { amap as flowAmap } from 'nestjs-nb-aiopool/flow';
import { NbAioPool as Pool } from 'nestjs-nb-aiopool/pool';
import { aioTask as standaloneAioTask } from 'nestjs-nb-aiopool/standalone';
import { testTasks, type TestTasks } from 'nestjs-nb-aiopool/testing';
import { Redis } from 'ioredis';
import { ReportTasks, type Report } from './app.js';

/** `any` passes for nothing but itself. */
type Same<A, B> = [A, B] extends [B, A] ? (0 extends 1 & A ? false : true) : false;
const same = true;

NbAioPoolModule.forRoot({ redis: 'redis://localhost:6379/0', prefix: 'nb', consume: ['reports'] });
NbAioPoolModule.forRoot({ redis: new Redis({ lazyConnect: true }) });
NbAioPoolModule.forRootAsync({ useFactory: async () => ({ broker: 'memory' }) });
// @ts-expect-error an option that does not exist
NbAioPoolModule.forRoot({ concurrency: 3 });

export class Client {
  constructor(@InjectTasks(ReportTasks) private readonly reports: Tasks<ReportTasks>) {}

  async use(): Promise<void> {
    const { build } = this.reports;
    same satisfies Same<Awaited<ReturnType<typeof build.run>>, Report>;
    await build.submit('u1', 2026);
    // @ts-expect-error an argument of another type
    await build.submit(1, 2026);
    // @ts-expect-error a result that was not asked for
    void (await build.submit('u1', 2026)).result();
  }

  // @ts-expect-error a method that is not async
  @AioTask('reports')
  sync(): number {
    return 1;
  }
}

export async function withoutNest(): Promise<void> {
  const add = aioTask({ queue: 'sums', maxConcurrency: 10 }, async (x: number, y: number) => x + y);
  same satisfies Same<Awaited<ReturnType<typeof add.run>>, number>;
  // @ts-expect-error an argument too few
  await add.submit(1);
  standaloneAioTask satisfies typeof aioTask;

  for await (const each of amap(async (text: string) => text.length, ['a'], {
    maxAtOnce: 2,
    maxPerSecond: 5,
  })) {
    same satisfies Same<typeof each, number>;
  }
  flowAmap satisfies typeof amap;

  await using pool = new Pool({ maxConcurrency: 2 });
  pool satisfies NbAioPool;
  same satisfies Same<Awaited<ReturnType<typeof pool.onIdle>>, void>;

  const executor = AsyncPoolExecutor.forModule<typeof import('./work.js')>('/work.js', { size: 3 });
  const future = executor.submit('triple', 7);
  same satisfies Same<ReturnType<typeof future.result>, number>;
  // @ts-expect-error a function that the module does not export
  executor.submit('double', 7);
}

export function inTests(tasks: TestTasks = testTasks()): readonly [string, number][] {
  const args = tasks.submitted(ReportTasks, 'build').map((call) => call.args);
  same satisfies Same<(typeof args)[number], [user: string, year: number]>;
  return args;
}
