import { afterEach } from '@jest/globals';
import { Injectable, type LoggerService, type ModuleMetadata } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import 'reflect-metadata';
import {
  AioTask,
  AioTaskContext,
  getTasksToken,
  InjectTasks,
  NbAioPoolModule,
  Tasks,
} from '../../lib/index.js';
import { testTasks, type TestTasks, type TestTasksOptions } from '../../lib/testing/index.js';

/** What ran, with the attempt. */
export const ran: string[] = [];
/** Runs that fail, by address. */
export const failing = new Set<string>();

@Injectable()
export class MailTasks {
  @AioTask({ queue: 'mail', retry: { maxAttempts: 3, delay: 1_000, jitter: 'none' } })
  async send(to: string, subject: string, copies?: number): Promise<string> {
    ran.push(`send ${to} ${AioTaskContext.current()?.attempt}`);
    await Promise.resolve();
    if (failing.has(to)) throw new Error(`no such address: ${to}`);
    return `${subject} to ${to}${copies === undefined ? '' : ` ${copies} times`}`;
  }

  static finish: () => void = () => {};
  static within: () => Promise<void> = async () => {};

  constructor(@InjectTasks(() => MailTasks) private readonly mail: Tasks<MailTasks>) {}

  /** Until `finish` is called. */
  @AioTask('mail')
  async slow(): Promise<string> {
    await new Promise<void>((resolve) => (MailTasks.finish = resolve));
    return 'slow';
  }

  @AioTask({ queue: 'mail', retry: { maxAttempts: 1 } })
  async again(): Promise<void> {
    await this.mail.again.submit();
  }

  @AioTask({ queue: 'mail', retry: { maxAttempts: 1 } })
  async inside(): Promise<void> {
    await MailTasks.within();
  }

  @AioTask('mail')
  async count(): Promise<number> {
    ran.push('count');
    return ran.length;
  }
}

@Injectable()
export class ReportTasks {
  constructor(@InjectTasks(MailTasks) private readonly mail: Tasks<MailTasks>) {}

  @AioTask('reports')
  async build(user: string): Promise<string> {
    ran.push(`build ${user}`);
    await this.mail.send.submit(user, 'Your report');
    ran.push(`built ${user}`);
    return user;
  }

  /** Waits for a task of another queue. */
  @AioTask({ queue: 'reports', retry: { maxAttempts: 1 } })
  async deliver(user: string): Promise<string> {
    return `delivered: ${await this.mail.send.run(user, 'Your report')}`;
  }
}

const SILENT: LoggerService = { log: () => {}, warn: () => {}, error: () => {} };
const started: TestingModule[] = [];

export function closeAfterEach(): void {
  afterEach(async () => {
    ran.length = 0;
    failing.clear();
    await Promise.all(started.splice(0).map((app) => app.close()));
  });
}

/** A port where nobody listens: a connection would fail. */
export const NOWHERE = 'redis://127.0.0.1:1';

export interface Bench {
  readonly tasks: TestTasks;
  readonly app: TestingModule;
  readonly mail: Tasks<MailTasks>;
  readonly reports: Tasks<ReportTasks>;
}

/** What failed to start is closed here: Nest 12 has done it, and in Nest 11 close() says again why it failed. */
async function startOrClose(app: TestingModule): Promise<void> {
  try {
    await app.init();
  } catch (error) {
    started.splice(started.indexOf(app), 1);
    await app.close().catch(() => {});
    throw error;
  }
}

/** An application with both classes, on a Redis that is not there. */
export async function bench(
  options?: TestTasksOptions,
  metadata: ModuleMetadata = {},
  start = true,
): Promise<Bench> {
  const tasks = testTasks(options);
  const { imports = [NbAioPoolModule.forRoot({ redis: NOWHERE })], providers = [MailTasks, ReportTasks] } =
    metadata;
  // Dead calls are errors in the log: these tests mean them.
  const builder = Test.createTestingModule({ ...metadata, imports, providers }).setLogger(SILENT);
  const app = await tasks.override(builder).compile();
  started.push(app);
  if (start) await startOrClose(app);
  return {
    tasks,
    app,
    mail: app.get<Tasks<MailTasks>>(getTasksToken(MailTasks)),
    reports: app.get<Tasks<ReportTasks>>(getTasksToken(ReportTasks)),
  };
}
