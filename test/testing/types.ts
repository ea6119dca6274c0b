/**
 * What must compile, and what must not: `npm run typecheck` fails when a line marked `@ts-expect-error` stops
 * being an error. Nothing here runs.
 */
import { Test } from '@nestjs/testing';
import { testTasks, type SubmittedCall } from '../../lib/testing/index.js';

/** `true` when each is assignable to the other; `any` passes for nothing but itself. */
type Same<A, B> = [A, B] extends [B, A] ? (0 extends 1 & A ? false : true) : false;

abstract class ReportTasks {
  readonly label = 'reports';

  async build(userId: string, year?: number): Promise<string> {
    return `${userId} ${year}`;
  }

  find(id: number): Promise<string>;
  find(name: string, exact: boolean): Promise<string>;
  async find(id: number | string, exact = true): Promise<string> {
    return `${id} ${exact}`;
  }

  sync(): string {
    return this.label;
  }

  async onModuleInit(): Promise<void> {}
}

const tasks = testTasks({ mode: 'inline' });

const build = tasks.submitted(ReportTasks, 'build');
export const isBuild: Same<(typeof build)[number]['args'], [userId: string, year?: number]> = true;

const find = tasks.submitted(ReportTasks, 'find');
export const isFind: Same<(typeof find)[number]['args'], [id: number] | [name: string, exact: boolean]> =
  true;

// @ts-expect-error a method that does not exist
tasks.submitted(ReportTasks, 'biuld');
// @ts-expect-error not async: no task
tasks.submitted(ReportTasks, 'sync');
// @ts-expect-error no method
tasks.submitted(ReportTasks, 'label');
// @ts-expect-error Nest calls it, nobody submits it
tasks.submitted(ReportTasks, 'onModuleInit');
// @ts-expect-error the arguments are those of the method
export const wrong: SubmittedCall<[number]>[] = build;

export const untyped: SubmittedCall[] = tasks.submitted('reports');
export const ofClass: SubmittedCall[] = tasks.submitted(ReportTasks);

/** The builder stays what it was. */
export const compiled = tasks
  .override(Test.createTestingModule({}))
  .overrideProvider('x')
  .useValue(1)
  .compile();

// @ts-expect-error no such mode
testTasks({ mode: 'fast' });
// @ts-expect-error no such option
testTasks({ speed: 'fast' });
// @ts-expect-error only a builder of Nest's
tasks.override({});
