import { Controller, Get, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import 'reflect-metadata';
import {
  AioTask,
  InjectPool,
  InjectTasks,
  NbAioPool,
  NbAioPoolModule,
  Tasks,
  type NbAioPoolModuleOptions,
} from '../../lib/index.js';

// A process of one scenario. It never calls process.exit: that it ends is what the test is about.

const [scenario, url] = process.argv.slice(2) as [string, string];

let onStarted = (): void => {};
const started = new Promise<void>((resolve) => (onStarted = resolve));

@Injectable()
class EchoTasks {
  @AioTask('echoes')
  async echo(text: string): Promise<string> {
    return text;
  }

  @AioTask({ queue: 'fails', retry: { delay: 1, maxDelay: 1 } })
  async fail(): Promise<void> {
    throw new Error('always');
  }

  @AioTask('slow')
  async slow(): Promise<void> {
    onStarted();
    // Longer than any test: only the end of the process, or of the grace period, is before it.
    await new Promise((resolve) => setTimeout(resolve, 600_000).unref());
  }
}

@Controller()
class EchoController {
  constructor(
    @InjectTasks(EchoTasks) readonly tasks: Tasks<EchoTasks>,
    @InjectPool() readonly pool: NbAioPool,
  ) {}

  @Get()
  echo(): Promise<string> {
    return this.tasks.echo.run('echo');
  }
}

@Module({
  imports: [
    NbAioPoolModule.forRoot({ redis: url, grace: scenario === 'overdue' ? 50 : 5_000 }),
    NbAioPoolModule.forRoot({ redis: url, name: 'eu' }),
  ],
  providers: [EchoTasks],
  controllers: [EchoController],
})
class AppModule {}

/** What can be wrong at the start is found by us: nobody gets the application, to close it. */
const UNREACHABLE = { redis: 'redis://127.0.0.1:1/0', connectTimeout: 200 };
async function failToStart(...connections: NbAioPoolModuleOptions[]): Promise<string> {
  const imports = connections.map((options) => NbAioPoolModule.forRoot(options));
  @Module({ imports, providers: [EchoTasks] })
  class WrongModule {}
  try {
    await NestFactory.createApplicationContext(WrongModule, quiet);
  } catch (error) {
    return (error as { code: string }).code;
  }
  throw new Error('it started');
}

const quiet = { logger: false, abortOnError: false } as const;

/** One life of the application: served, consumed, failed, and gone. */
async function live(): Promise<void> {
  const app = await NestFactory.create(AppModule, quiet);
  await app.listen(0, '127.0.0.1');
  const answer = await fetch(await app.getUrl(), { headers: { connection: 'close' } });
  if ((await answer.text()) !== 'echo') throw new Error('no echo');
  const { tasks, pool } = app.get(EchoController);
  await tasks.fail.submit();
  await pool.run(() => tasks.echo.submit('again'));
  await app.close();
}

function resources(): { active: string[]; listeners: number } {
  const listeners = process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0);
  return { active: process.getActiveResourcesInfo().toSorted(), listeners };
}

const scenarios: Record<string, () => Promise<unknown>> = {
  close: live,
  async cycles() {
    // The first ones fill caches, Nest's and Node's.
    for (let i = 0; i < 3; i++) await live();
    const before = resources();
    for (let i = 0; i < 10; i++) await live();
    return { before, after: resources() };
  },
  queue: () => failToStart({ redis: url, consume: ['echos'] }),
  'other-queue': () => failToStart({ redis: url }, { redis: url, name: 'eu', consume: ['echos'] }),
  unreachable: () => failToStart(UNREACHABLE),
  'one-unreachable': () => failToStart({ redis: url }, { ...UNREACHABLE, name: 'eu' }),
  async overdue() {
    const app = await NestFactory.createApplicationContext(AppModule, quiet);
    app.enableShutdownHooks();
    await app.get(EchoController).tasks.slow.submit();
    await started;
    process.kill(process.pid, 'SIGTERM');
  },
};

const result = await scenarios[scenario]?.();
console.log(JSON.stringify(result ?? 'done'));
