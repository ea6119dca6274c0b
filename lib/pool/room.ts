import { setImmediate } from 'node:timers';
import { currentRun } from './async-context.js';
import { PoolClosedError, PoolFullError } from './errors.js';
import { untie, type Knotted } from './knots.js';
import type { PoolStats } from './stats.js';
import type { RoomWait } from './waits.js';

/** What waiting for room needs of its scheduler. */
export interface Rooms extends Knotted {
  /** How many submits would be accepted now without waiting; 0 while others wait in line. */
  readonly room: number;
  stats(): PoolStats;
}

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * Those who wait until a submit would be accepted. They are woken in order, as many as there is room for, and who
 * comes later waits behind them. One that does not use the room, which nobody can tell, delays the next by a turn of
 * the event loop only; waking all for each place would take quadratic time.
 */
export class RoomWaiters {
  readonly #rooms: Rooms;
  #waiters = new Set<Waiter>();
  /** Whether there are any; looked at for each task, where the size of a Set would cost more. */
  #any = false;
  #again = false;

  constructor(rooms: Rooms) {
    this.#rooms = rooms;
  }

  wait(closed: boolean): Promise<void> {
    if (closed) return Promise.reject(PoolClosedError.of(this.#rooms.stats()));
    if (!this.#any && this.#rooms.room > 0) return Promise.resolve();
    return new Promise<void>((resolve, reject) => {
      this.#waiters.add(this.#noteRun({ resolve, reject }));
      this.#any = true;
    });
  }

  get any(): boolean {
    return this.#any;
  }

  /** There may be room now. */
  check(): void {
    if (!this.#any || this.#again) return;
    const { room } = this.#rooms;
    if (room === 0) return;
    let woken = 0;
    for (const waiter of this.#waiters) {
      if (woken++ === room) break;
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
    this.#any = this.#waiters.size > 0;
    if (!this.#any) return;
    // What they submit must count before the next are woken.
    this.#again = true;
    setImmediate(() => this.#checkAgain());
  }

  #checkAgain(): void {
    this.#again = false;
    this.check();
    // Tasks among those that are left were not refused while there was room.
    if (this.#any) for (const run of this.#rooms.tops()) untie(run);
  }

  close(error: Error): void {
    const waiters = this.#waiters;
    this.#waiters = new Set();
    this.#any = false;
    for (const { reject } of waiters) reject(error);
  }

  /** A task that waits so keeps its slots, so that others may wait for it, and no room ever come. */
  #noteRun({ resolve, reject }: Waiter): Waiter {
    const run = currentRun()?.live;
    if (run === undefined) return { resolve, reject };
    const waits = run.openWaits();
    const rooms = this.#rooms;
    const room: RoomWait = {
      pool: rooms,
      get isNear() {
        return rooms.room > 0;
      },
      refuse: () => this.#refuse(waiter),
    };
    const leave = (): void => {
      waits.removeRoom(room);
      // What it still waits for may be a circle.
      untie(run);
    };
    const waiter: Waiter = {
      resolve: () => {
        leave();
        resolve();
      },
      reject: (error) => {
        leave();
        reject(error);
      },
    };
    waits.addRoom(room);
    untie(run);
    return waiter;
  }

  #refuse(waiter: Waiter): void {
    this.#waiters.delete(waiter);
    this.#any = this.#waiters.size > 0;
    waiter.reject(PoolFullError.forGood(this.#rooms.stats()));
  }
}
