import { Slot, type SlotOwner } from './slot.js';
import type { TaskRun } from './task-run.js';

/** A pool's slots, made when they are first needed, as many as were ever in use at the same time. */
export class Slots {
  readonly #owner: SlotOwner;
  readonly #all: Slot[] = [];
  readonly #free: Slot[] = [];
  /** Where the last run was found that goes on: the next look begins there. */
  #hint = 0;

  constructor(owner: SlotOwner) {
    this.#owner = owner;
  }

  take(): Slot {
    return this.#free.pop() ?? this.#make();
  }

  free(slot: Slot): void {
    this.#free.push(slot);
  }

  /** Each slot, and those that it is lent to in turn. */
  all(): Slot[] {
    return this.#all.flatMap((slot) => [...slot.stack()]);
  }

  /** The runs on the slots, those that lend their slot not counted. */
  *tops(): Generator<TaskRun> {
    for (const slot of this.#all) {
      const { run } = slot.top;
      if (run !== undefined) yield run;
    }
  }

  /** One of these runs, the one that was last found to go on. */
  get likely(): TaskRun | undefined {
    return this.#all[this.#hint]?.top.run;
  }

  /** Whether one of these runs can go on; or a slot of the `used` ones is just about to start its next task. */
  goOn(used: number): boolean {
    let runs = 0;
    const { length } = this.#all;
    for (let i = 0; i < length; i++) {
      const index = (this.#hint + i) % length;
      const { run } = this.#all[index]!.top;
      if (run === undefined) continue;
      if (run.goesOn) {
        this.#hint = index;
        return true;
      }
      runs++;
    }
    return runs < used;
  }

  #make(): Slot {
    const slot = new Slot(this.#owner);
    this.#all.push(slot);
    return slot;
  }
}
