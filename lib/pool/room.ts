import { setImmediate } from 'node:timers';
import { currentRun } from './async-context.js';
import { PoolClosedError, PoolFullError } from './errors.js';
import type { SlotOwner } from './slot.js';
import type { PoolStats } from './stats.js';
import type { TaskRun } from './task-run.js';
import { findHolder } from './wishes.js';

/** What waiting for room needs of its scheduler. */
export interface Rooms extends SlotOwner {
  readonly paused: boolean;
  /** How many submits would be accepted now without waiting; 0 while others wait in line. */
  readonly room: number;
  stats(): PoolStats;
}

interface Waiter {
  /** The task of this pool that waits so, when it is one. */
  readonly run: TaskRun | undefined;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * Those who wait until a submit would be accepted. They are woken in order, as many as there is room for. One that
 * does not use the room, which nobody can tell, delays the next by a turn of the event loop only; waking all for each
 * place would take quadratic time.
 */
export class RoomWaiters {
  readonly #rooms: Rooms;
  #waiters: Waiter[] = [];
  #again = false;

  constructor(rooms: Rooms) {
    this.#rooms = rooms;
  }

  wait(closed: boolean): Promise<void> {
    if (closed) return Promise.reject(PoolClosedError.of(this.#rooms.stats()));
    if (this.#rooms.room > 0) return Promise.resolve();
    const run = findHolder(currentRun(), this.#rooms)?.run;
    const room = new Promise<void>((resolve, reject) => this.#waiters.push({ run, resolve, reject }));
    if (run !== undefined) this.#refuseWhenStuck();
    return room;
  }

  /** There may be room now. */
  check(): void {
    if (this.#waiters.length === 0 || this.#again) return;
    const woken = this.#waiters.splice(0, this.#rooms.room);
    for (const { resolve } of woken) resolve();
    if (woken.length === 0 || this.#waiters.length === 0) return;
    // What they submit must count before the next are woken.
    this.#again = true;
    setImmediate(() => {
      this.#again = false;
      this.check();
    });
  }

  close(error: Error): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const { reject } of waiters) reject(error);
  }

  /** When each slot is held by a task that waits for room, no room can come any more. */
  #refuseWhenStuck(): void {
    const isInside = ({ run }: Waiter): boolean => run?.slot !== undefined;
    const inside = this.#waiters.filter(isInside);
    if (this.#rooms.paused || new Set(inside.map(({ run }) => run)).size < this.#rooms.running) return;
    const error = PoolFullError.forGood(this.#rooms.stats());
    this.#waiters = this.#waiters.filter((each) => !isInside(each));
    for (const { reject } of inside) reject(error);
  }
}
