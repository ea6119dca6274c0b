// nestjs-nb-aiopool through its public face only: a decorated method that Nest discovers, and a producer
// that injects its typed handle. The decorators are applied by hand, because this is plain JavaScript.
// @nestjs/*, rxjs and reflect-metadata come from the root's node_modules, as the package's own do.
import { existsSync } from 'node:fs';

export const name = 'ours';
export const label = 'nestjs-nb-aiopool';
export const concurrencies = [100];
export const usualConcurrency = 100;

const ENTRY = new URL('../../dist/index.js', import.meta.url);

export function missing() {
  return existsSync(ENTRY) ? undefined : 'build first: npm run build (in the root of the repository)';
}

async function load() {
  const problem = missing();
  if (problem) throw new Error(problem);
  await import('reflect-metadata');
  const [face, core, common] = await Promise.all([
    import(ENTRY.href),
    import('@nestjs/core'),
    import('@nestjs/common'),
  ]);
  if (typeof face.AioTask !== 'function')
    throw new Error('dist/ holds no AioTask: npm run build, in the root');
  return { ...face, NestFactory: core.NestFactory, Injectable: common.Injectable, Module: common.Module };
}

/** What a user writes as a class with `@AioTask(queue, concurrency) async handle(message) {...}`. */
function taskClass({ AioTask, Injectable }, options, handle) {
  class BenchTasks {
    async handle(message) {
      await handle(message);
    }
  }
  const method = Object.getOwnPropertyDescriptor(BenchTasks.prototype, 'handle');
  AioTask(options)(BenchTasks.prototype, 'handle', method);
  Object.defineProperty(BenchTasks.prototype, 'handle', method);
  Injectable()(BenchTasks);
  return BenchTasks;
}

/** What a user writes as `constructor(@InjectTasks(BenchTasks) readonly tasks: Tasks<BenchTasks>)`. */
function producerClass({ InjectTasks, Injectable }, Tasks) {
  class BenchProducer {
    constructor(tasks) {
      this.tasks = tasks;
    }
    get task() {
      return this.tasks.handle;
    }
  }
  Reflect.defineMetadata('design:paramtypes', [Object], BenchProducer);
  InjectTasks(Tasks)(BenchProducer, undefined, 0);
  Injectable()(BenchProducer);
  return BenchProducer;
}

function boot({ Module, NbAioPoolModule, NestFactory }, { url, consume, providers }) {
  // oxlint-disable-next-line typescript/no-extraneous-class
  class BenchModule {}
  Module({ imports: [NbAioPoolModule.forRoot({ redis: url, consume })], providers })(BenchModule);
  return NestFactory.createApplicationContext(BenchModule, { logger: ['error', 'warn'] });
}

export async function openProducer({ url, queue }) {
  const face = await load();
  const Tasks = taskClass(face, { queue, maxConcurrency: usualConcurrency }, async () => {});
  const Producer = producerClass(face, Tasks);
  const app = await boot(face, { url, consume: false, providers: [Producer] });
  const task = app.get(Producer).task;
  return {
    add: (message) => task.submit(message),
    addBulk: (messages) => task.submitMany(messages.map((message) => [message])),
    size: () => task.getQueueSize(),
    close: () => app.close(),
  };
}

export async function openConsumer({ url, queue, concurrency, handle, context = true }) {
  const face = await load();
  const Tasks = taskClass(face, { queue, maxConcurrency: concurrency, context }, handle);
  const app = await boot(face, { url, consume: true, providers: [Tasks] });
  return { close: () => app.close() };
}
