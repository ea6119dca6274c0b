import { untie } from './knots.js';
import { LinkedList, type Linked } from './linked-list.js';
import type { Slot, SlotOwner } from './slot.js';
import type { Task } from './task.js';
import type { TaskRun } from './task-run.js';
import { Ties } from './ties.js';
import { Waits } from './waits.js';

/**
 * The wish to start a task: on the slot of a task that waits for it, or, in a list of `Waits`, on any slot of its
 * pool. The task stays in its place in the pool's queue too; whichever slot comes first takes it, and all its
 * wishes end.
 */
export class Wish implements Linked<Wish> {
  list: LinkedList<Wish> | undefined = undefined;
  previous: Wish | undefined = undefined;
  next: Wish | undefined = undefined;
  readonly task: Task;

  constructor(task: Task) {
    this.task = task;
  }
}

/** The slot of this pool that is held by `run`, or by the nearest of those that it descends from. */
export function findHolder(run: TaskRun | undefined, owner: SlotOwner): Slot | undefined {
  for (let each = run; each !== undefined; each = each.parent) {
    if (each.slot?.owner === owner) return each.slot;
  }
  return undefined;
}

/** The slot's task waits for `task`. */
export function addWish(task: Task, holder: Slot): void {
  addTo((holder.wishes ??= new LinkedList()), task);
}

/** In order, and once: asking for the same result again is not a second wish. */
export function addTo(list: LinkedList<Wish>, task: Task): void {
  const ties = (task.ties ??= new Ties());
  ties.wishes ??= new Map();
  if (ties.wishes.has(list)) return;
  const wish = new Wish(task);
  ties.wishes.set(list, wish);
  list.push(wish);
}

/** Nobody waits for the task's slot any more: for those who still wait for something else that may be a circle. */
export function abandonWishes(task: Task): void {
  const wishers = takeWishers(task);
  for (const wisher of wishers ?? []) untie(wisher);
}

/** The task gets its slot, and who waited for that goes on waiting for its end: see `noteWishers`. */
export function fulfilWishes(task: Task): void {
  const wishers = takeWishers(task);
  if (wishers !== undefined) task.ties!.wishers = wishers;
}

/** Drops the wishes. The runs whose wish it was; undefined when there were no wishes. */
function takeWishers({ ties }: Task): TaskRun[] | undefined {
  if (ties?.wishes === undefined) return undefined;
  const wishers: TaskRun[] = [];
  for (const [list, wish] of ties.wishes) {
    if (list instanceof Waits) wishers.push(list.run);
    list.remove(wish);
  }
  ties.wishes = undefined;
  return wishers;
}

/** The task has begun. Only now it is known whose child it is: a parent's waiting shows by that alone. */
export function noteWishers(task: Task, ties: Ties): void {
  for (const wisher of ties.wishers ?? []) wisher.live?.waitFor(task);
  ties.wishers = undefined;
}

/** The task was cancelled before its first step. */
export function forgetWishers(ties: Ties): void {
  for (const wisher of ties.wishers ?? []) untie(wisher.live);
  ties.wishers = undefined;
}

/**
 * The task that these wishes are of has ended. Those who wait for it may go on waiting for its children (it may have
 * handed them their promises), so what it wished for is now for the nearest of these to fulfil.
 */
export function passOn(from: LinkedList<Wish>, add: ((task: Task) => void) | undefined): void {
  for (let wish = from.shift(); wish !== undefined; wish = from.shift()) {
    const { task } = wish;
    task.ties!.wishes!.delete(from);
    add?.(task);
  }
}
