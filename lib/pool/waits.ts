import { LinkedList } from './linked-list.js';
import type { Knotted } from './knots.js';
import type { Task } from './task.js';
import type { TaskRun } from './task-run.js';
import { Ties } from './ties.js';
import type { Wish } from './wishes.js';

/** One call of `onRoom()` inside a task. */
export interface RoomWait {
  readonly pool: Knotted;
  /** There is room: those who wait longer may take it, and then it is asked again whether any can come. */
  readonly isNear: boolean;
  /** No room can come: the call rejects. */
  refuse(): void;
}

const open = new Set<Waits>();
/** What is waited for that may never come: slots and room. Tasks that run come to their end by themselves. */
let scarce = 0;

/**
 * What a run waits for that is not its child. The list: tasks without a slot, in full pools where no slot of its own
 * or of its ancestors is there to lend. Beside it: tasks that run already, and room in a pool. Known to the whole
 * process while there are any: tasks of several pools may wait for each other.
 */
export class Waits extends LinkedList<Wish> {
  readonly run: TaskRun;
  /** Both undefined when empty, as they nearly always are. */
  #tasks: Set<Task> | undefined = undefined;
  #rooms: Set<RoomWait> | undefined = undefined;

  constructor(run: TaskRun) {
    super();
    this.run = run;
  }

  get isEmpty(): boolean {
    return this.size === 0 && this.#tasks === undefined && this.#rooms === undefined;
  }

  get tasks(): Iterable<Task> {
    return this.#tasks ?? [];
  }

  get rooms(): Iterable<RoomWait> {
    return this.#rooms ?? [];
  }

  get anyTask(): Task | undefined {
    return firstOf(this.#tasks);
  }

  /** One of the pools that it waits for. */
  get anyPool(): Knotted | undefined {
    return this.first?.task.owner ?? firstOf(this.#rooms)?.pool;
  }

  override push(wish: Wish): void {
    super.push(wish);
    scarce++;
    open.add(this);
  }

  override remove(wish: Wish): void {
    super.remove(wish);
    scarce--;
    this.#closeIfEmpty();
  }

  /** For a task that is on a slot; it takes itself off when it is settled. */
  addTask(task: Task): void {
    (this.#tasks ??= new Set()).add(task);
    const ties = (task.ties ??= new Ties());
    (ties.waiters ??= new Set()).add(this);
    open.add(this);
  }

  removeTask(task: Task): void {
    this.#tasks = without(this.#tasks, task);
    this.#closeIfEmpty();
  }

  addRoom(room: RoomWait): void {
    (this.#rooms ??= new Set()).add(room);
    scarce++;
    open.add(this);
  }

  removeRoom(room: RoomWait): void {
    if (this.#rooms?.has(room) === true) scarce--;
    this.#rooms = without(this.#rooms, room);
    this.#closeIfEmpty();
  }

  /** The run has ended. Its parent may have been handed the promises of these tasks; nobody waits for its room now. */
  end(heir: TaskRun | undefined): void {
    for (const task of this.tasks) {
      task.ties!.waiters!.delete(this);
      if (heir !== undefined) heir.waitFor(task);
    }
    scarce -= this.#rooms?.size ?? 0;
    this.#tasks = this.#rooms = undefined;
    this.#closeIfEmpty();
  }

  #closeIfEmpty(): void {
    if (this.isEmpty) open.delete(this);
  }
}

/** Those that are not empty, in all pools. */
export const openWaits: ReadonlySet<Waits> = open;

/** Whether there can be a circle to untie at all: in any, somebody waits for a slot or for room. */
export function mayBeTied(): boolean {
  return scarce !== 0;
}

function firstOf<T>(set: Set<T> | undefined): T | undefined {
  return set?.values().next().value;
}

function without<T>(set: Set<T> | undefined, item: T): Set<T> | undefined {
  set?.delete(item);
  return set === undefined || set.size === 0 ? undefined : set;
}
