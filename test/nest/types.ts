/**
 * What must compile, and what must not: `npm run typecheck` fails when a line marked `@ts-expect-error` stops
 * being an error. Nothing here runs.
 */
import {
  AioTask,
  InjectTasks,
  NbAioPoolModule,
  type SentMessage,
  type TaskHandle,
  type Tasks,
} from '../../lib/index.js';

/** `true` when each is assignable to the other; `any` passes for nothing but itself. */
type Same<A, B> = [A, B] extends [B, A] ? (0 extends 1 & A ? false : true) : false;

interface Report {
  readonly title: string;
}

export abstract class ReportTasks {
  readonly label = 'reports';

  @AioTask('reports', 100)
  async build(userId: string, year?: number): Promise<Report> {
    return { title: `${userId} ${year}` };
  }

  @AioTask({ queue: 'reports', retry: { maxAttempts: 2 } })
  async list(...ids: string[]): Promise<readonly Report[]> {
    return ids.map((title) => ({ title }));
  }

  /** Not async, but it returns a promise: that is what counts. */
  @AioTask('reports')
  pass<T extends string>(value: T): Promise<T> {
    return Promise.resolve(value);
  }

  find(id: number): Promise<Report>;
  find(title: string, exact: boolean): Promise<readonly Report[]>;
  @AioTask('reports')
  async find(what: number | string): Promise<Report | readonly Report[]> {
    return { title: String(what) };
  }

  async onModuleInit(): Promise<void> {}

  count(): number {
    return 1;
  }

  // @ts-expect-error a method that is not async
  @AioTask('reports')
  sync(): number {
    return 1;
  }

  // @ts-expect-error a property
  @AioTask('reports')
  property = 1;

  // @ts-expect-error a getter
  @AioTask('reports')
  get getter(): number {
    return 1;
  }

  // @ts-expect-error maxConcurrency is a number
  @AioTask('reports', '10')
  async wrongNumber(): Promise<void> {}

  // @ts-expect-error an option that does not exist
  @AioTask({ queue: 'reports', concurrency: 3 })
  async wrongOption(): Promise<void> {}

  // @ts-expect-error no queue
  @AioTask({ maxConcurrency: 3 })
  async noQueue(): Promise<void> {}

  @AioTask('reports')
  protected async hidden(): Promise<void> {}
}

// @ts-expect-error a class
@AioTask('reports')
export class OnClass {}

export class Client {
  constructor(@InjectTasks(ReportTasks) private readonly reports: Tasks<ReportTasks>) {}

  async use(): Promise<void> {
    const { reports } = this;
    const same = true;
    same satisfies Same<typeof reports.build, TaskHandle<[userId: string, year?: number], Report>>;
    same satisfies Same<Awaited<ReturnType<typeof reports.build.submit>>, SentMessage<Report>>;
    same satisfies Same<Awaited<ReturnType<typeof reports.list.run>>, readonly Report[]>;

    await reports.build.submit('u1', 2026);
    await reports.build.submit('u1');
    await reports.build.submitMany([['u1', 2026], ['u2']]);
    await reports.list.submit('a', 'b', 'c');
    (await reports.build.run('u1')).title.toUpperCase();
    (await reports.build.with({ result: 1_000 }).submit('u1')).id.toUpperCase();

    same satisfies Same<Awaited<ReturnType<typeof reports.pass.run>>, string>;
    (await reports.find.run(1)).title.toUpperCase();
    (await reports.find.run('a', true)).at(0);
    await reports.find.with({ result: 1_000 }).submit(1);

    // @ts-expect-error no overload takes a title alone
    await reports.find.submit('a');
    // @ts-expect-error each overload has its own result
    (await reports.find.run(1)).at(0);
    // @ts-expect-error a result is asked for by the message's id
    await reports.build.result();
    // @ts-expect-error what result() answers is of the method's type
    const wrong: number = await (await reports.build.submit('u1')).result();
    // @ts-expect-error how long to wait is a number
    await (await reports.build.submit('u1')).result('5s');
    void wrong;

    // @ts-expect-error an argument of another type
    await reports.build.submit(1, 2026);
    // @ts-expect-error an argument too few
    await reports.build.submit();
    // @ts-expect-error an argument too many
    await reports.build.submit('u1', 2026, true);
    // @ts-expect-error an argument list of another type
    await reports.build.submitMany([[2026, 'u1']]);
    // @ts-expect-error the value of another type
    const title: number = await reports.build.run('u1');
    // @ts-expect-error a message has no value until its result is awaited
    void (await reports.build.submit('u1')).title;
    // @ts-expect-error a result that was not asked for at submit
    void (await reports.build.submit('u1')).result();
    void (await reports.build.with({ result: 1_000 }).submit('u1')).result(5_000);
    // @ts-expect-error an option that does not exist
    reports.build.with({ priority: 1 });
    // @ts-expect-error a handle is not the method
    await reports.build('u1');
    // @ts-expect-error not async
    void reports.count;
    // @ts-expect-error not a method
    void reports.label;
    // @ts-expect-error Nest calls it
    void reports.onModuleInit;
    // @ts-expect-error not public
    void reports.hidden;
    // @ts-expect-error not there
    void reports.missing;
    // @ts-expect-error tasks can't be replaced
    reports.build = reports.pass;
    void title;
  }
}

InjectTasks(() => ReportTasks);
// @ts-expect-error a name is no class
InjectTasks('ReportTasks');
// @ts-expect-error an instance is no class
InjectTasks({} as ReportTasks);

NbAioPoolModule.forRoot({
  broker: 'memory',
  consume: ['reports'],
  pools: { crawler: { maxConcurrency: 1 } },
});
// @ts-expect-error an option that does not exist
NbAioPoolModule.forRoot({ concurrency: 3 });
// @ts-expect-error a broker that does not exist
NbAioPoolModule.forRootAsync({ useFactory: () => ({ broker: 'mongo' }) });
