import type { TaskHandle } from '../../queue/index.js';
import type { LifecycleHook } from '../lifecycle-hooks.js';

/**
 * The tasks of a class as those who submit see them: a typed `TaskHandle` for each async method. Methods that
 * are not async are absent. An async one without `@AioTask` throws TaskUnknownError when it is used.
 *
 * @example constructor(@InjectTasks(ReportTasks) private readonly reports: Tasks<ReportTasks>) {}
 *
 * @publicApi
 */
export type Tasks<T> = {
  readonly [
    K in keyof T as K extends LifecycleHook
      ? never
      : T[K] extends (...args: never[]) => Promise<unknown>
        ? K
        : never
  ]: T[K] extends (...args: infer A) => Promise<infer R> ? TaskHandle<A, R> : never;
};

/** A value of the same name: a type alone can't stand in a decorated constructor (TS1272 under isolatedModules). */
export const Tasks = Object;
