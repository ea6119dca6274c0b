import type { LinkedList } from './linked-list.js';
import type { TaskRun } from './task-run.js';
import type { Waits } from './waits.js';
import type { Wish } from './wishes.js';

/** What ties a task to runs that wait for it. Apart from the task, since few have any. */
export class Ties {
  /** Slots of tasks that wait for this one, on any of which it may start: by the list that each wish is in. */
  wishes: Map<LinkedList<Wish>, Wish> | undefined = undefined;
  /** Between getting its slot and its first step: the runs whose wish that was. */
  wishers: TaskRun[] | undefined = undefined;
  /** Of the runs that wait for it while it runs, and are not its parent. */
  waiters: Set<Waits> | undefined = undefined;
}
