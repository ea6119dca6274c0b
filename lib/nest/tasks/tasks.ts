import type { TaskHandle } from '../../queue/index.js';
import type { LifecycleHook } from '../lifecycle-hooks.js';

/**
 * The tasks of a class as those who submit see them: a typed `TaskHandle` for each public async method, with the
 * method's own documentation. Methods that are not async are absent. An async one without `@AioTask` throws
 * TaskUnknownError when it is used.
 *
 * Overloads are kept, up to four of them; a type parameter is its constraint, as a task runs where nobody can
 * choose it.
 *
 * @example constructor(@InjectTasks(ReportTasks) private readonly reports: Tasks<ReportTasks>) {}
 *
 * @publicApi
 */
export type Tasks<T> = Handles<T, AsyncMethod<T>>;

/** A value of the same name: a type alone can't stand in a decorated constructor (TS1272 under isolatedModules). */
export const Tasks = Object;

/** Mapped over keys of `T`, without `as`: so TypeScript carries the documentation of each method over. */
type Handles<T, K extends keyof T> = { readonly [P in K]: HandleOf<T[P]> };

type AsyncMethod<T> = {
  [K in keyof T]-?: K extends LifecycleHook
    ? never
    : T[K] extends (...args: never[]) => Promise<unknown>
      ? K
      : never;
}[keyof T];

/**
 * Tried from one signature up, and taken when it says as much as the method does: a pattern with more signatures than a
 * method has matches it, too, and would repeat them. What has more than four, or is generic, goes by its last one.
 */
type HandleOf<F> = F extends (...args: infer A) => Promise<infer R>
  ? ((...args: A) => Promise<R>) extends F
    ? TaskHandle<A, R>
    : OverloadedHandle<F, TaskHandle<A, R>>
  : never;

type OverloadedHandle<F, Last> = F extends {
  (...args: infer A1): Promise<infer R1>;
  (...args: infer A2): Promise<infer R2>;
}
  ? { (...args: A1): Promise<R1>; (...args: A2): Promise<R2> } extends F
    ? TaskHandle<A1, R1> & TaskHandle<A2, R2>
    : F extends {
          (...args: infer A1): Promise<infer R1>;
          (...args: infer A2): Promise<infer R2>;
          (...args: infer A3): Promise<infer R3>;
        }
      ? { (...args: A1): Promise<R1>; (...args: A2): Promise<R2>; (...args: A3): Promise<R3> } extends F
        ? TaskHandle<A1, R1> & TaskHandle<A2, R2> & TaskHandle<A3, R3>
        : FourfoldHandle<F, Last>
      : Last
  : Last;

type FourfoldHandle<F, Last> = F extends {
  (...args: infer A1): Promise<infer R1>;
  (...args: infer A2): Promise<infer R2>;
  (...args: infer A3): Promise<infer R3>;
  (...args: infer A4): Promise<infer R4>;
}
  ? {
      (...args: A1): Promise<R1>;
      (...args: A2): Promise<R2>;
      (...args: A3): Promise<R3>;
      (...args: A4): Promise<R4>;
    } extends F
    ? TaskHandle<A1, R1> & TaskHandle<A2, R2> & TaskHandle<A3, R3> & TaskHandle<A4, R4>
    : Last
  : Last;
