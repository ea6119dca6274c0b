import type { HostModule, NamedClass, Wrapper } from './container.js';

/** A decorated method of a provider or controller: where one task lives in an application. */
export interface TaskSite {
  readonly wrapper: Wrapper;
  readonly host: HostModule;
  readonly owner: NamedClass;
  readonly method: string;
  /** As in `ReportTasks.build`, for messages. */
  readonly description: string;
}

/** An instance whose methods are tasks. */
export type TaskHost = Record<string, (...args: readonly unknown[]) => unknown>;

/** The method as it was decorated: what a spy puts in its place has no metadata. */
export function handlerOf({ owner, method }: TaskSite): TaskHost[string] {
  return (owner.prototype as TaskHost)[method] as TaskHost[string];
}
